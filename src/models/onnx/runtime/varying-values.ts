import type { OnnxNode } from '../onnx-file.ts';

/** Operators whose outputs have sizes that depend on the values of their inputs. Those of other domains may, too. */
const VARYING: ReadonlySet<string> = new Set([
  'Compress',
  'If',
  'Loop',
  'NonMaxSuppression',
  'NonZero',
  'Scan',
  'Unique',
]);

/** Operators whose values are drawn anew. */
const RANDOM = /^(Random|Bernoulli|Multinomial)/;

/** Which inputs of an operator are sizes. */
const SIZES: Readonly<Record<string, readonly number[]>> = {
  AffineGrid: [1],
  BlackmanWindow: [0],
  CenterCropPad: [1],
  Col2Im: [1, 2],
  ConstantOfShape: [0],
  DFT: [1],
  Expand: [1],
  HammingWindow: [0],
  HannWindow: [0],
  MaxUnpool: [2],
  OneHot: [1],
  Pad: [1, 3],
  Range: [0, 1, 2],
  Reshape: [1],
  Resize: [1, 2, 3],
  Slice: [1, 2, 3, 4],
  Split: [1],
  SplitToSequence: [1],
  Squeeze: [1],
  Tile: [1],
  TopK: [1],
  Unsqueeze: [1],
  Upsample: [1],
};

/**
 * @internal The values whose sizes may differ from frame to frame: of nodes in their order. `isConstant` says which names are constants.
 * What depends on shapes alone is known once the shapes are.
 */
export function varyingValues(nodes: Iterable<OnnxNode>, isConstant: (name: string) => boolean): ReadonlySet<string> {
  const varying = new Set<string>();
  const known = new Set<string>();
  const isKnown = (name: string) => name === '' || known.has(name) || isConstant(name);
  for (const { op, inputs, outputs } of nodes) {
    const sizes = Object.hasOwn(SIZES, op) ? (SIZES[op] ?? []) : op.startsWith('Reduce') ? [1] : [];
    const byValues = sizes.some((index) => !isKnown(inputs[index] ?? ''));
    const varies = VARYING.has(op) || op.includes('.') || byValues || inputs.some((name) => varying.has(name));
    const ofShape = op === 'Shape' || op === 'Size';
    for (const name of outputs) {
      if (varies && !(ofShape && !varying.has(inputs[0] ?? ''))) varying.add(name);
      else if (ofShape || (inputs.every(isKnown) && !RANDOM.test(op))) known.add(name);
    }
  }
  return varying;
}
