import { sizeOf, type Shape } from '../../stage/shape.ts';
import { readChunks } from './chunks.ts';
import { readDataspace } from './dataspace.ts';
import { readDatatype, type Datatype } from './datatype.ts';
import type { FileBytes } from './file-bytes.ts';
import { readFilters } from './filters.ts';
import { MESSAGE, type Message } from './object-header.ts';
import { readLayout } from './layout.ts';
import { toNumbers, type Numbers } from './numbers.ts';

/** @internal The values of a tensor in an HDF5 file. */
export interface Dataset {
  readonly shape: Shape;
  /**
   * The values, unpacked. A view of the file where they are float32 or float16 and not packed. `dtype` is their type in NumPy,
   * which Keras states for bfloat16 only: HDF5 has no such type. Throws `WeightsError`.
   */
  numbers(dtype?: string): Numbers;
}

const BFLOAT16: Datatype = { kind: 'float', size: 2, bigEndian: false, exponent: 8 };

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
  const stored = () => {
    const length = sizeOf(shape) * type.size;
    if (length === 0) return new Uint8Array(0);
    if (layout.kind === 'chunked') return readChunks(source, layout, shape, type.size, filters);
    if (layout.kind === 'contiguous' && !Number.isFinite(layout.address)) throw source.wrong('a dataset has no values');
    const bytes = layout.kind === 'compact' ? layout.data : source.data(layout.address, length);
    if (bytes.length >= length) return bytes.subarray(0, length);
    throw source.wrong(`a dataset needs ${length} bytes, but has ${bytes.length}`);
  };
  return {
    shape,
    numbers: (dtype) => {
      const isBrainFloat = dtype === 'bfloat16' && type.size === 2;
      return toNumbers(source, isBrainFloat ? BFLOAT16 : type, stored());
    },
  };
}
