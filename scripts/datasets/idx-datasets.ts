import path from 'node:path';
import { checkDataset, type Dataset, type Datasets } from './dataset.ts';
import { readIdxFile } from './idx.ts';

/** Reads the four files that MNIST consists of, and the sets that are made like it. `ending` is what follows their names. */
export function readIdxDatasets(folder: string, ending: '' | '.gz', labels: readonly string[]): Datasets {
  const read = (name: string): Dataset => {
    const file = (content: string) => path.join(folder, `${name}-${content}-ubyte${ending}`);
    const { sizes, values: pixels } = readIdxFile(file('images-idx3'), 3);
    const { values: classes } = readIdxFile(file('labels-idx1'), 1);
    const [count = 0, height = 0, width = 0] = sizes;
    return checkDataset({ count, width, height, channels: 1, pixels, classes }, labels);
  };
  return { train: read('train'), test: read('t10k'), labels };
}
