import type { OnnxNode } from '../onnx-file.ts';

/** Operators whose outputs have sizes that depend on the values of their inputs. Those of other domains may, too. */
const VARYING: ReadonlySet<string> = new Set([
  ...['Compress', 'If', 'Loop', 'NonMaxSuppression', 'NonZero', 'Scan', 'Unique'],
]);

/** Which inputs of an operator are sizes. */
const SIZES: Readonly<Record<string, readonly number[]>> = {
  ConstantOfShape: [0],
  Expand: [1],
  OneHot: [1],
  Pad: [1, 3],
  Range: [0, 1, 2],
  Reshape: [1],
  Resize: [1, 2, 3],
  Slice: [1, 2, 3, 4],
  Split: [1],
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
    const sizes = Object.hasOwn(SIZES, op) ? (SIZES[op] ?? []) : [];
    const byValues = sizes.some((index) => !isKnown(inputs[index] ?? ''));
    const varies = VARYING.has(op) || op.includes('.') || byValues || inputs.some((name) => varying.has(name));
    const ofShape = op === 'Shape' || op === 'Size';
    for (const name of outputs) {
      if (varies && !(ofShape && !varying.has(inputs[0] ?? ''))) varying.add(name);
      else if (ofShape || inputs.every(isKnown)) known.add(name);
    }
  }
  return varying;
}
