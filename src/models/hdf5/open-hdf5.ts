import { FileBytes } from './file-bytes.ts';
import { HDF5_MAGIC } from './hdf5-magic.ts';
import { Hdf5Object } from './hdf5-object.ts';

/**
 * @internal Opens an HDF5 file and returns its root group. Groups and datasets are read when they are asked for. The values
 * of a dataset that is not packed are views of `bytes`. Throws `WeightsError`.
 *
 * @see HDF5 File Format Specification Version 3.0, The HDF Group.
 */
export function openHdf5(file: string, bytes: Uint8Array): Hdf5Object {
  const source = new FileBytes(file, bytes);
  const block = source.block(0, Math.min(bytes.length, 128)).skip(HDF5_MAGIC.length);
  const version = block.version('the superblock', [0, 1, 2, 3]);
  if (version < 2) block.skip(4);
  source.offsetSize = sizeIn(source, block.uint(1));
  source.lengthSize = sizeIn(source, block.uint(1));
  block.skip([9, 13, 1, 1][version] ?? 0);
  if (block.address() !== 0) throw source.unsupported('a block of other data at its beginning');
  block.address();
  block.address();
  // Before version 2, the address of a driver and an entry of a table of symbols, which begins with the offset of its name.
  if (version < 2) block.skip(2 * source.offsetSize);
  return Hdf5Object.at(source, block.address());
}

function sizeIn(source: FileBytes, size: number): number {
  if (size === 4 || size === 8) return size;
  throw source.unsupported(`addresses or lengths of ${size} bytes`);
}
