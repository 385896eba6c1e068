import { expect, it } from 'vitest';
import { describeInput } from '../../src/batch/inputs.ts';
import type { LabelOptions } from '../../src/batch/label-options.ts';
import { planFile } from '../../src/batch/plan-file.ts';
import { media } from '../support/media.ts';

const options: LabelOptions = { model: 'lenet5', taskOptions: { top: 5, minScore: 0 }, engine: 'auto' };
/** 600 frames, a key frame every 10. */
const clip = () => media('plan.mp4', '-f lavfi -i testsrc2=s=320x240:r=30:d=20 -pix_fmt yuv420p -c:v libx264 -g 10');

const sizes = async (file: number, names: readonly string[]) => {
  const { parts } = await planFile(file, names.map(describeInput), options, new AbortController().signal);
  return parts.map(({ expected }) => expected?.frames);
};

it('cuts a file that much comes after as a whole, the last one into short parts', async () => {
  const names = [clip(), ...Array.from({ length: 9 }, clip)];
  expect(await sizes(1, names)).toEqual([undefined]);
  const last = await sizes(9, names);
  expect(last.length).toBeGreaterThan(4);
  expect(last.reduce<number>((sum, frames = NaN) => sum + frames, 0)).toBe(600);
});

it('does not count files that are missing', async () => {
  expect(await sizes(1, [clip(), clip(), '/no/such/file.mp4'])).toEqual(await sizes(1, [clip(), clip()]));
});

it('leaves a file that is missing for where it is read', async () => {
  expect(await sizes(0, ['/no/such/file.mp4', clip()])).toEqual([undefined]);
});
