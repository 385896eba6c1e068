import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, inject, it } from 'vitest';
import { runIn } from './run-in.ts';

const project = inject('consumer');

const GIVEN = `
import { conv2d, dense, flatten, maxPool, pipeline, preprocess } from 'sluice';
import { videoFile } from 'sluice/node';
const conv = conv2d({ filters: 4, kernelSize: 3, seed: 1 });
const fc = dense({ units: 2, seed: 2 });
const prepared = preprocess({ width: 8, height: 8, range: [0, 1] });
`;

/** Mistakes, and what the compiler has to say about each. */
const MISFITS = {
  'pipeline(conv, fc);':
    'stage 2 takes Tensor2D (rows of values), but stage 1 gives Tensor4D (pictures as numbers): put flatten() or globalAvgPool() between them',
  "pipeline({ name: 'net' }, conv, flatten(), maxPool({ poolSize: 2 }));":
    'stage 3 takes Tensor4D (pictures as numbers), but stage 2 gives Tensor2D (rows of values): put reshape() between them',
  'pipeline(conv, prepared);':
    'stage 2 takes Pixels (a picture as bytes), but stage 1 gives Tensor4D (pictures as numbers): put this stage before those that take tensors',
  "videoFile('clip.mp4').pipe(pipeline(conv, flatten()));":
    'this stage takes Tensor4D (pictures as numbers) and gives Tensor2D (rows of values), which does not fit here; pictures (Pixels) need preprocess() before stages that take tensors',
  "videoFile('clip.mp4').pipe(prepared, conv, fc);":
    'this stage takes Tensor4D (pictures as numbers) and gives Tensor4D (pictures as numbers), which does not fit here',
};

it.each(['5.6', '5.9', '7'])('TypeScript %s says in a sentence which stage does not fit', async (version) => {
  const file = `misfits-${version}.ts`;
  writeFileSync(path.join(project, file), GIVEN + Object.keys(MISFITS).join('\n'));
  const compiler = path.join(project, `node_modules/typescript-${version}/bin/tsc`);
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'nodenext'];
  const args = [compiler, ...options, '--noErrorTruncation', '--pretty', 'false', file];
  const { stdout } = await runIn(project, process.execPath, args);
  // Each error begins with the name of the file; the lines below it say more.
  const errors = stdout.split(`${file}(`).slice(1);
  expect(errors).toHaveLength(Object.keys(MISFITS).length);
  for (const [i, sentence] of Object.values(MISFITS).entries()) expect(errors[i]).toContain(`"${sentence}`);
});
