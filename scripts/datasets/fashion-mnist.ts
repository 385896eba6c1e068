import { existsSync } from 'node:fs';
import type { Datasets } from './dataset.ts';
import { readIdxDatasets } from './idx-datasets.ts';

/** Where Debian's package has its files. */
const FOLDER = '/usr/share/datasets/fashion-mnist';

const LABELS = [
  'T-shirt/top',
  'trouser',
  'pullover',
  'dress',
  'coat',
  'sandal',
  'shirt',
  'sneaker',
  'bag',
  'ankle boot',
];

/** Fashion-MNIST: 60,000 pieces of clothing of 28×28 in grey, and 10,000 to test with (Xiao, Rasul and Vollgraf, Zalando). */
export async function fashionMnist(folder = FOLDER): Promise<Datasets> {
  if (existsSync(folder)) return readIdxDatasets(folder, '.gz', LABELS);
  throw new Error(
    `Fashion-MNIST is not in ${folder}: install Debian's package with apt-get install dataset-fashion-mnist`,
  );
}
