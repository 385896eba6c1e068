// What Node makes of the sample clip, for the tests in Chromium to be held against: run by a command of theirs.

import { lastValueFrom, tap, toArray } from 'rxjs';
import { classify, preprocess, useEngine } from 'sluice';
import { videoFile } from 'sluice/node';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';

/** What is compared. */
export interface NodeFrames {
  readonly timestamps: readonly number[];
  /** Base64 of RGB, 224×224, of one frame in 10, in order. */
  readonly pictures: readonly string[];
  /** The best class of each, and by how much it leads. */
  readonly labels: readonly {
    readonly seq: number;
    readonly label: string;
    readonly score: number;
    readonly lead: number;
  }[];
}

await useEngine('wasm');
const net = await mobilenetV1();
const timestamps: number[] = [];
const pictures: string[] = [];
const results = await lastValueFrom(
  videoFile('samples/cockatoo.mp4', { resize: net.preprocess }).pipe(
    tap(({ label, data }) => {
      timestamps.push(label.timestamp);
      if (label.seq % 10 === 0) pictures.push(Buffer.from(data.data).toString('base64'));
    }),
    preprocess(net.preprocess),
    net.pipeline,
    classify({ labels: net.labels, top: 2 }),
    toArray(),
  ),
);
const labels = results.map(({ seq, classes: [best, next] }) => ({
  seq,
  label: best?.label ?? '',
  score: best?.score ?? NaN,
  lead: (best?.score ?? NaN) - (next?.score ?? NaN),
}));
process.stdout.write(JSON.stringify({ timestamps, pictures, labels } satisfies NodeFrames));
