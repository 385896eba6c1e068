import { sizeOf, type Shape } from '../../stage/shape.ts';
import { readChunks } from './chunks.ts';
import { readDataspace } from './dataspace.ts';
import { readDatatype, type Datatype } from './datatype.ts';
import type { FileBytes } from './file-bytes.ts';
import { readFilters } from './filters.ts';
import { MESSAGE, type Message } from './object-header.ts';
import { readLayout } from './layout.ts';

/** @internal The values of a tensor in an HDF5 file. */
export interface Dataset {
  readonly shape: Shape;
  readonly type: Datatype;
  /** The values as they are stored, unpacked. A view of the file where they are not packed. Throws `WeightsError`. */
  bytes(): Uint8Array;
}

/** @internal Reads what a dataset says about itself. Throws `WeightsError`. */
export function readDataset(source: FileBytes, messages: readonly Message[]): Dataset {
  const body = (type: number, what: string) => {
    const message = messages.find((one) => one.type === type);
    if (message) return message.body;
    throw source.wrong(`a dataset lacks its ${what}`);
  };
  const shape = readDataspace(body(MESSAGE.dataspace, 'shape'));
  const type = readDatatype(body(MESSAGE.datatype, 'type'));
  const layout = readLayout(body(MESSAGE.layout, 'layout'));
  const pipeline = messages.find((one) => one.type === MESSAGE.filters);
  const filters = pipeline ? readFilters(pipeline.body) : [];
  return {
    shape,
    type,
    bytes() {
      const length = sizeOf(shape) * type.size;
      if (length === 0) return new Uint8Array(0);
      if (layout.kind === 'chunked') return readChunks(source, layout, shape, type.size, filters);
      const stored = layout.kind === 'compact' ? layout.data : source.data(layout.address, length);
      if (stored.length >= length) return stored.subarray(0, length);
      throw source.wrong(`a dataset needs ${length} bytes, but has ${stored.length}`);
    },
  };
}
