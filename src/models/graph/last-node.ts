import type { LastOperation } from '../last-operation.ts';
import { asObject } from '../tfjs/as-object.ts';
import { textOf } from '../tfjs/text-of.ts';
import type { TfjsModel } from '../tfjs/read-tfjs-model.ts';
import { inputsOf, nodeName, nodesIn, type GraphNode } from './graph-nodes.ts';

/** Operations that change neither the values nor what they mean. */
const PASSING: ReadonlySet<unknown> = new Set([
  'AvgPool',
  'Cast',
  'ExpandDims',
  'Identity',
  'IdentityN',
  'Mean',
  'Reshape',
  'Squeeze',
  'StopGradient',
]);

const BY_NAME: Readonly<Record<string, LastOperation>> = {
  Softmax: 'softmax',
  Sigmoid: 'sigmoid',
  BiasAdd: 'linear',
  Conv2D: 'linear',
  MatMul: 'linear',
};

/** The last operation of a graph model before its output, or before the node that `output` names. */
export function lastNodeOf({ json }: Pick<TfjsModel, 'json'>, output: string | undefined): LastOperation {
  const nodes = new Map(nodesIn(json).map((node) => [textOf(node['name']), node]));
  const seen = new Set<string>();
  for (let name = output ?? outputOf(json, nodes); name !== undefined;) {
    const node = nodes.get(nodeName(name));
    if (!node || seen.has(name)) return 'other';
    seen.add(name);
    if (!PASSING.has(node['op'])) return operationOf(node, nodes);
    name = inputsOf(node)[0];
  }
  return 'other';
}

/** The name of the only output: that of the signature, else the only node whose value no other node takes. */
function outputOf(json: TfjsModel['json'], nodes: ReadonlyMap<string, GraphNode>): string | undefined {
  const signature = asObject(json['signature'] ?? asObject(json['userDefinedMetadata'])?.['signature']);
  const outputs = Object.values(asObject(signature?.['outputs']) ?? {});
  if (outputs.length === 1) {
    const name = asObject(outputs[0])?.['name'];
    if (typeof name === 'string') return name;
  }
  const taken = new Set([...nodes.values()].flatMap((node) => inputsOf(node).map(nodeName)));
  const last = [...nodes.keys()].filter((name) => !taken.has(name));
  return last.length === 1 ? last[0] : undefined;
}

function operationOf(node: GraphNode, nodes: ReadonlyMap<string, GraphNode>): LastOperation {
  const op = textOf(node['op']);
  const [a = '', b = ''] = inputsOf(node);
  const from = (name: string) => nodes.get(nodeName(name));
  // A bias that the converter did not fold.
  if (/^Add(V2)?$/.test(op)) {
    const other = [from(a), from(b)].find((one) => one?.['op'] !== 'Const');
    const isBias = [from(a), from(b)].some((one) => one?.['op'] === 'Const');
    return isBias && other && /^(MatMul|Conv2D)$/.test(textOf(other['op'])) ? 'linear' : 'other';
  }
  // A softmax in parts: eˣ / Σ eˣ.
  if (op === 'RealDiv') {
    const [power, sum] = [from(a), from(b)];
    const isSoftmax = power?.['op'] === 'Exp' && sum?.['op'] === 'Sum' && inputsOf(sum)[0] === a;
    return isSoftmax ? 'softmax' : 'other';
  }
  if (!op.startsWith('_Fused')) return Object.hasOwn(BY_NAME, op) ? (BY_NAME[op] ?? 'other') : 'other';
  const fused = fusedOps(node).at(-1);
  return fused === 'BiasAdd' || fused === undefined ? 'linear' : fused === 'Sigmoid' ? 'sigmoid' : 'other';
}

/** The operations that the converter fused into a node, which it writes as base64. */
function fusedOps({ attr }: GraphNode): string[] {
  const list = asObject(asObject(asObject(attr)?.['fused_ops'])?.['list'])?.['s'];
  return Array.isArray(list) ? list.map((one) => (typeof one === 'string' ? decoded(one) : '')) : [];
}

function decoded(text: string): string {
  try {
    return atob(text);
  } catch {
    return text;
  }
}
