import { useEngine } from 'sluice';
import { expect, it } from 'vitest';
import { cdp } from 'vitest/browser';
import { expectLaw } from '../support/balance.ts';
import { installFastCamera } from '../soak/browser/fast-camera.ts';
import { soakCamera, type Level } from '../soak/browser/soak-camera.ts';
import { WASM_PATHS } from './support/wasm-paths.ts';

/** Chromium's own account of what is alive, after it has collected garbage. */
interface Debugger {
  send(method: 'HeapProfiler.collectGarbage'): Promise<void>;
  send(method: 'Runtime.getHeapUsage'): Promise<{ readonly usedSize: number; readonly backingStorageSize: number }>;
}

// `npm run soak:browser` does the same for half an hour of a camera.
it.each(['page', 'worker'] as const)(
  '1,200 frames of a fast camera leave nothing behind: %s',
  { timeout: 240_000 },
  async (where) => {
    await useEngine('wasm', { wasmPaths: WASM_PATHS });
    installFastCamera();
    const debug = cdp() as unknown as Debugger;
    const levels: (Level & { readonly heap: number })[] = [];
    const { counts, tensors, tracks } = await soakCamera({ frames: 1200, where, engine: 'wasm' }, async (level) => {
      await debug.send('HeapProfiler.collectGarbage');
      const { usedSize, backingStorageSize } = await debug.send('Runtime.getHeapUsage');
      // The numbers of typed arrays are kept beside the heap.
      levels.push({ ...level, heap: usedSize + backingStorageSize });
    });
    expect(tensors).toBe(0);
    expect(new Set(levels.map((level) => level.tensors)).size).toBe(1);
    expect(levels.length).toBe(10);
    expectLaw(counts);
    expect(counts.inFlight).toBe(0);
    expect(counts.delivered).toBeGreaterThanOrEqual(1200);
    expect(tracks).toEqual(['ended']);
    // A frame that is kept weighs 4 KiB at the least, its picture: 960 of them 3.9 MB.
    const [, early, ...later] = levels.map(({ heap }) => heap);
    expect(early).toBeGreaterThan(1e6);
    expect(later.at(-1), JSON.stringify(levels)).toBeLessThan((early ?? NaN) + 3e6);
  },
);
