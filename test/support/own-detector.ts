import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { layer, sequential, written } from '../models/layers/written.ts';
import { scratch } from './media.ts';

/** Left, top, right, bottom in pixels of the input, score, class. */
export type CompleteBox = readonly [number, number, number, number, number, number];

/** The files of a model that takes pictures of 8×8 pixels and gives these numbers for each, whatever it shows. */
export function constantFiles(shape: readonly number[], numbers: readonly number[]): File[] {
  return written(
    sequential(
      layer('GlobalAveragePooling2D', 'mean', { batch_input_shape: [null, 8, 8, 3] }),
      layer('Dense', 'all', { units: numbers.length, activation: 'linear' }),
      layer('Reshape', 'shaped', { target_shape: [...shape] }),
    ),
    {
      'all/kernel': { shape: [3, numbers.length], data: Array.from({ length: 3 * numbers.length }, () => 0) },
      'all/bias': { shape: [numbers.length], data: [...numbers] },
    },
  );
}

/** The same in a folder, with labels. */
export async function constantFolder(
  name: string,
  shape: readonly number[],
  numbers: readonly number[],
  labels: readonly string[] = ['cat', 'dog'],
): Promise<string> {
  const folder = path.join(scratch(), name);
  mkdirSync(folder, { recursive: true });
  for (const file of constantFiles(shape, numbers)) {
    writeFileSync(path.join(folder, file.name), new Uint8Array(await file.arrayBuffer()));
  }
  writeFileSync(path.join(folder, 'labels.txt'), `${labels.join('\n')}\n`);
  return folder;
}

/** A model that finds these boxes in each picture. */
export const detectorFiles = (boxes: readonly CompleteBox[]): File[] => constantFiles([boxes.length, 6], boxes.flat());

/** The same in a folder, with its labels. */
export const detectorFolder = (name: string, boxes: readonly CompleteBox[]): Promise<string> =>
  constantFolder(name, [boxes.length, 6], boxes.flat());
