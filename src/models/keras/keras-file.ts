import { HDF5_MAGIC } from '../hdf5/hdf5-magic.ts';
import type { ModelFiles } from '../tfjs/model-files.ts';
import type { TfjsModel } from '../tfjs/read-tfjs-model.ts';
import type { TeachableLabels } from './teachable-labels.ts';

/** @internal A model of Keras, with what the files beside it state. */
export interface KerasFile {
  readonly model: TfjsModel;
  readonly stated?: TeachableLabels | undefined;
}

const ZIP = [0x50, 0x4b, 0x03, 0x04];

/** @internal The form of a file of Keras by its first bytes: HDF5, or a zip archive; undefined for other files. */
export function kerasFormat(head: Uint8Array): 'h5' | 'archive' | undefined {
  const begins = (magic: readonly number[]) => magic.every((byte, i) => head[i] === byte);
  if (begins(HDF5_MAGIC)) return 'h5';
  return begins(ZIP) ? 'archive' : undefined;
}

/** @internal Reads a file of Keras. The code for it is loaded then. Throws `WeightsError`. */
export async function readKerasFile(files: ModelFiles, main: Uint8Array): Promise<KerasFile> {
  if (kerasFormat(main) === 'archive') {
    const { readKerasArchive } = await import('./read-keras-archive.ts');
    return readKerasArchive(files.name, main);
  }
  const [{ readH5 }, { readTeachableLabels }] = await Promise.all([
    import('./read-h5.ts'),
    import('./teachable-labels.ts'),
  ]);
  return { model: readH5(files.name, main), stated: await readTeachableLabels(files) };
}
