// What Node makes of the sample clip, for the tests in Chromium to be held against: run by a command of theirs.

import { lastValueFrom, tap, toArray } from 'rxjs';
import { classify, every, preprocess, useEngine } from 'sluice';
import { videoFile } from 'sluice/node';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';

/** What is compared. */
export interface NodeFrames {
  readonly timestamps: readonly number[];
  /** Base64 of RGB, 224×224, of one frame in 10, in order. */
  readonly pictures: readonly string[];
  readonly labels: readonly { readonly seq: number; readonly label: string; readonly score: number }[];
}

await useEngine('wasm');
const net = await mobilenetV1();
const timestamps: number[] = [];
const pictures: string[] = [];
const results = await lastValueFrom(
  videoFile('samples/cockatoo.mp4', { resize: net.preprocess }).pipe(
    tap(({ label }) => timestamps.push(label.timestamp)),
    every({ n: 10 }),
    tap(({ data }) => pictures.push(Buffer.from(data.data).toString('base64'))),
    preprocess(net.preprocess),
    net.pipeline,
    classify({ labels: net.labels, top: 1 }),
    toArray(),
  ),
);
const labels = results.map(({ seq, classes: [best] }) => ({
  seq,
  label: best?.label ?? '',
  score: best?.score ?? NaN,
}));
process.stdout.write(JSON.stringify({ timestamps, pictures, labels } satisfies NodeFrames));
