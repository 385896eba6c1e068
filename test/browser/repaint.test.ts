import { firstValueFrom, map } from 'rxjs';
import {
  conv2d,
  frameSource,
  modelFrom,
  picture,
  pipeline,
  repaint,
  upsample,
  useEngine,
  type EngineName,
  type Pixels,
} from 'sluice';
import { expect, it } from 'vitest';
import { WASM_PATHS } from './support/wasm-paths.ts';

const data = Uint8Array.from({ length: 50 * 30 * 3 }, (_, i) => (i * 7919) % 251);
const given: Pixels = { width: 50, height: 30, channels: 3, data };

/** The picture at twice its size, painted in tiles of 16 × 16. */
async function painted(engine: EngineName) {
  await useEngine(engine, engine === 'wasm' ? { wasmPaths: WASM_PATHS } : {});
  const net = pipeline(
    { name: 'twice', inputShape: [1, 16, 16, 3] },
    conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'tanh', seed: 1 }),
    upsample({ size: 2 }),
    conv2d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'sigmoid', seed: 2 }),
  );
  const model = await modelFrom(
    net,
    { width: 16, height: 16, range: [-4, 4] },
    { task: picture({ range: [0, 1], layout: 'nhwc' }) },
  );
  const source = frameSource([{ data: given, timestamp: 0 }], { source: 'noise' });
  return firstValueFrom(
    source.pipe(
      repaint(model),
      map((frame) => ({ ...frame.data, data: [...frame.data.data] })),
    ),
  );
}

it('repaint gives the same picture on webgl as on the processor', async () => {
  const cpu = await painted('cpu');
  expect([cpu.width, cpu.height]).toEqual([100, 60]);
  expect(new Set(cpu.data).size).toBeGreaterThan(100);
  for (const engine of ['webgl', 'wasm'] as const) {
    const other = await painted(engine);
    const worst = cpu.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (other.data[i] ?? NaN))), 0);
    expect(worst, engine).toBeLessThanOrEqual(1);
  }
});
