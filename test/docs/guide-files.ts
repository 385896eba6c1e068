import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { oldFfmpeg } from '../support/media.ts';
import { tfliteSamples } from '../models/tflite/tflite-samples.ts';

/** Puts the files that the examples of the guides read into a folder. */
export function guideFiles(folder: string): void {
  const copy = (from: string, to: string) => copyFileSync(from, path.join(folder, to));
  copy('samples/cockatoo.mp4', 'film.mp4');
  // Some examples read it to its end, and two seconds show what 14 would.
  const cut = ['-v', 'error', '-i', 'samples/cockatoo.mp4', '-t', '2', '-c', 'copy', path.join(folder, 'clip.mp4')];
  execFileSync(oldFfmpeg, cut);
  for (const photo of ['photo.jpg', 'a.jpg', 'b.png']) copy('test/data/squirrel_cls.jpg', photo);
  copy('pipelines/mobilenet-v1/labels.json', 'labels.json');
  copy('test/data/keras/sequential.keras', 'digits.keras');
  writeFileSync(path.join(folder, 'tiny.tflite'), tfliteSamples()[0] ?? '');
  cpSync('test/data/teachable', path.join(folder, 'my-model'), { recursive: true });
}
