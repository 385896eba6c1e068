import { randomFrom } from '../../support/random.ts';
import { metadataBytes } from './metadata-writer.ts';
import { TfliteWriter, type Field } from './tflite-writer.ts';

const byte = (value: number): Field => ({ byte: value });
const int = (value: number): Field => ({ int: value });

/** Small files that hold most of what the reader looks at: constants of each kind, branches, a dilated convolution, metadata. */
export function tfliteSamples(): Uint8Array<ArrayBuffer>[] {
  const random = randomFrom(9);
  const numbers = (count: number) => Float32Array.from({ length: count }, () => random() * 2 - 1);
  const floats = new TfliteWriter();
  let x = floats.input([1, 8, 8, 3]);
  const halves = floats.constant([3], Uint16Array.of(0x3c00, 0xc000, 0x3800), { type: 'float16' });
  x = floats.op('MUL', [x, floats.op('DEQUANTIZE', [halves], [3])], [1, 8, 8, 3], [byte(1)]);
  const cut = floats.op('SPACE_TO_BATCH_ND', [x, floats.ints(2, 2), floats.ints(2, 2, 2, 2)], [4, 6, 6, 3]);
  const kernel = floats.constant([3, 3, 3, 3], numbers(81));
  const inside = floats.op('CONV_2D', [cut, kernel], [4, 4, 4, 3], [byte(1), int(1), int(1), byte(1)]);
  const back = floats.op('BATCH_TO_SPACE_ND', [inside, floats.ints(2, 2), floats.ints(0, 0, 0, 0)], [1, 8, 8, 3]);
  const parts = floats.ops(
    'SPLIT',
    [floats.ints(2), back],
    [
      [1, 8, 4, 3],
      [1, 8, 4, 3],
    ],
    [int(2)],
  );
  const joined = floats.op('CONCATENATION', parts, [1, 8, 4, 6], [int(3), byte(0)]);
  const resized = floats.op(
    'RESIZE_BILINEAR',
    [joined, floats.ints(5, 5)],
    [1, 5, 5, 6],
    [int(0), int(0), byte(0), byte(1)],
  );
  const part = floats.op(
    'STRIDED_SLICE',
    [resized, floats.ints(0, 1), floats.ints(1, 4), floats.ints(1, 2)],
    [1, 2, 5, 6],
    [int(0), int(0), int(0), int(0), int(0)],
  );
  const padded = floats.op('PAD', [part, floats.ints(0, 0, 1, 1, 0, 0, 0, 0)], [1, 4, 5, 6]);
  const mean = floats.op('MEAN', [padded, floats.ints(1, 2)], [1, 6], [byte(0)]);
  const dense = floats.op(
    'FULLY_CONNECTED',
    [mean, floats.constant([3, 6], numbers(18)), floats.constant([3], numbers(3))],
    [1, 3],
    [byte(0), byte(0), byte(0)],
  );
  const scores = floats.op('SOFTMAX', [dense], [1, 3], [{ float: 1 }]);
  const metadata = metadataBytes({ mean: [127.5], std: [127.5] });

  const whole = new TfliteWriter();
  const told = { type: 'uint8', scales: [0.0078125], zeros: [128] } as const;
  let y = whole.input([1, 6, 6, 3], told);
  const w = whole.constant([3, 1, 1, 3], Int8Array.of(1, -2, 3, -4, 5, -6, 7, -8, 9), {
    type: 'int8',
    scales: [0.1, 0.2, 0.3],
    zeros: [0, 0, 0],
  });
  const bias = whole.constant([3], Int32Array.of(10, 20, 30), { type: 'int32', scales: [1, 1, 1], zeros: [0, 0, 0] });
  y = whole.op('CONV_2D', [y, w, bias], [1, 6, 6, 3], [byte(0), int(1), int(1), byte(0)], {
    type: 'uint8',
    scales: [6 / 255],
    zeros: [0],
  });
  const shape = whole.op('SHAPE', [y], [4], [], { type: 'int32' });
  y = whole.op('RESHAPE', [whole.op('RELU', [y], [1, 6, 6, 3]), shape], [1, 6, 6, 3]);
  const up = whole.op(
    'TRANSPOSE_CONV',
    [whole.ints(1, 12, 12, 1), whole.constant([1, 2, 2, 3], numbers(12)), y],
    [1, 12, 12, 1],
    [byte(0), int(2), int(2)],
  );
  const moved = whole.op('TRANSPOSE', [up, whole.ints(0, 3, 1, 2)], [1, 1, 12, 12]);
  return [floats.finish([scores], { metadata }), whole.finish([moved])];
}
