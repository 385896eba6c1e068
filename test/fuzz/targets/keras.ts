import { unzipSync, zipSync } from 'fflate';
import { readH5 } from '../../../src/models/keras/read-h5.ts';
import { readKerasArchive } from '../../../src/models/keras/read-keras-archive.ts';
import { toPipeline } from '../../../src/models/layers/to-pipeline.ts';
import { fixture } from '../../models/keras/fixtures.ts';
import type { FuzzTarget } from '../target.ts';

const quietly = { onWarning: () => undefined };

/** Files of Keras 2 and 3 in HDF5, in its old and its new form. */
export const kerasH5: FuzzTarget = {
  seeds: () =>
    ['sequential-keras2.h5', 'sequential-latest.h5', 'sequential-packed.h5', 'teachable/keras_model.h5'].map(
      (name) => ({
        'model.h5': fixture(name),
      }),
    ),
  async read(input) {
    toPipeline(readH5('model.h5', input['model.h5'] ?? new Uint8Array()), quietly);
  },
};

/** The entries of `.keras` files, which are changed before they are packed, and packed ones. */
export const kerasZip: FuzzTarget = {
  seeds: () => [
    unzipSync(fixture('two-blocks.keras')),
    unzipSync(fixture('two-blocks-keras2.13.keras')),
    { 'model.keras': fixture('two-blocks-keras2.13.keras') },
    { 'model.keras': fixture('sequential.keras') },
  ],
  async read(input) {
    const bytes = input['model.keras'] ?? zipSync(input, { level: 1 });
    toPipeline(readKerasArchive('model.keras', bytes).model, quietly);
  },
};
