import type { OnnxNode } from '../../../onnx/onnx-model.ts';

/** The fields of an event in a profile of ONNX Runtime that are read here. */
interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  /** Duration in microseconds. */
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

const ENDING = '_kernel_time';

/**
 * Returns the milliseconds of each stage, from a profile of a graph whose nodes are named `<stage>/<node>`: the sum of its
 * nodes' medians over all runs but the first `cold` ones. A node that ONNX Runtime fused counts to the stage that does the
 * work. A node that it inserted, such as a change of layout, counts to the stage before. Returns undefined if the profile
 * has no times.
 */
export function stagesInProfile(
  profile: string,
  graph: readonly OnnxNode[],
  stages: readonly string[],
  cold: number,
): readonly number[] | undefined {
  const runs = new Map<string, { readonly op: string; readonly micros: number[] }>();
  for (const { cat, name, dur, args } of JSON.parse(profile) as readonly ProfileEvent[]) {
    if (cat !== 'Node' || !name.endsWith(ENDING)) continue;
    const node = name.slice(0, -ENDING.length);
    const known = runs.get(node);
    if (known) known.micros.push(dur);
    else runs.set(node, { op: args?.op_name ?? '', micros: [dur] });
  }
  const nodes = new Map(graph.map((node) => [node.name, node]));
  const ms = stages.map(() => 0);
  let at = 0;
  for (const [name, { op, micros }] of runs) {
    const stage = stages.indexOf(stageOf(name, op, nodes));
    if (stage >= 0) at = stage;
    ms[at] = (ms[at] ?? 0) + median(micros.slice(cold)) / 1000;
  }
  return ms.some((time) => time > 0) ? ms : undefined;
}

/** Finds the stage of a node. A convolution fused with the activation after it has the activation's name in the profile. */
function stageOf(name: string, op: string, nodes: ReadonlyMap<string, OnnxNode>): string {
  const ours = name.replace(/^fused /, '').replace(/_nchwc$/, '');
  const computed = op.replace(/^Fused/, '');
  for (let node = nodes.get(ours); node; node = nodes.get(node.inputs[0] ?? '')) {
    if (node.op === computed) return firstOf(node.name);
  }
  return firstOf(ours);
}

function firstOf(path: string): string {
  return path.split('/')[0] ?? '';
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
