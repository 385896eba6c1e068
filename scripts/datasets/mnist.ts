import { archiveFolder } from './archive.ts';
import type { Datasets } from './dataset.ts';
import { readIdxDatasets } from './idx-datasets.ts';

const LABELS = Array.from({ length: 10 }, (_, digit) => `${digit}`);

/** MNIST: 60,000 handwritten digits of 28×28 in grey, and 10,000 to test with (LeCun, Cortes and Burges). */
export async function mnist(): Promise<Datasets> {
  return readIdxDatasets(await archiveFolder('mnist'), '', LABELS);
}
