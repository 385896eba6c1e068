import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CIFAR10_LABELS } from 'sluice/pipelines/alexnet-cifar10';
import { archiveFolder } from './archive.ts';
import { checkDataset, type Dataset, type Datasets } from './dataset.ts';
import { readPng } from './png.ts';

const SIDE = 32;
const CHANNELS = 3;
/** Each sheet has the pixels of one picture in each of its rows. */
const SHEET = { width: SIDE * SIDE, height: 10_000 };

/** CIFAR-10: 50,000 photos of 32×32, and 10,000 to test with (Krizhevsky, Nair and Hinton). */
export async function cifar10(): Promise<Datasets> {
  const folder = await archiveFolder('cifar10');
  const trainSheets = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.png`);
  return {
    train: await readSheets(folder, trainSheets, 'train_lables.json'),
    test: await readSheets(folder, ['test_batch.png'], 'test_lables.json'),
    labels: CIFAR10_LABELS,
  };
}

async function readSheets(folder: string, sheets: readonly string[], classesFile: string): Promise<Dataset> {
  const classes = Uint8Array.from(JSON.parse(readFileSync(path.join(folder, classesFile), 'utf8')) as number[]);
  const size = SHEET.width * SHEET.height * CHANNELS;
  const pixels = new Uint8Array(sheets.length * size);
  for (const [i, sheet] of sheets.entries()) {
    pixels.set(await readPng(path.join(folder, sheet), SHEET), i * size);
  }
  const count = sheets.length * SHEET.height;
  return checkDataset({ count, width: SIDE, height: SIDE, channels: CHANNELS, pixels, classes }, CIFAR10_LABELS);
}
