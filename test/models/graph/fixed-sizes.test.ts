import * as tf from '@tensorflow/tfjs-core';
import { graphModel, useEngine, WeightsError } from 'sluice';
import { beforeEach, describe, expect, it } from 'vitest';
import { hasFixedSizes } from '../../../src/models/graph/fixed-sizes.ts';
import { graphLoader } from '../../../src/models/graph/load-graph.ts';
import { openTfjsModel } from '../../../src/models/tfjs/open-tfjs-model.ts';
import { ENGINES } from '../../support/compute.ts';
import { writtenGraph } from './written-graph.ts';

interface Node {
  readonly name: string;
  readonly op: string;
  readonly input: string[];
  readonly attr: object;
}

const FLOAT = { T: { type: 'DT_FLOAT' }, dtype: { type: 'DT_FLOAT' } };
const node = (name: string, op: string, ...input: string[]): Node => ({ name, op, input, attr: FLOAT });

/** The written graph, whose constant `axes` is [1, 2] and whose `scores` are [batch, 3], with more nodes. */
function withNodes(...nodes: readonly Node[]): File[] {
  return writtenGraph({
    change(graph) {
      graph.modelTopology.node.push(...nodes);
      return graph;
    },
  });
}

/** 0, 1 … up to the largest value of what `from` gives, and their sum. `inner` gives 16 zeros where no frame comes in its place. */
const counted = (from: string) => [
  { ...node('start', 'Const'), attr: { dtype: { type: 'DT_FLOAT' } } },
  node('inner', 'Identity', 'start'),
  node('zero', 'ZerosLike', 'largest'),
  node('one', 'OnesLike', 'largest'),
  node('all', 'Reshape', from, 'flat'),
  { ...node('flat', 'Const'), attr: { dtype: { type: 'DT_INT32' } } },
  node('largest', 'Max', 'all', 'first'),
  { ...node('first', 'Const'), attr: { dtype: { type: 'DT_INT32' } } },
  node('counted', 'Range', 'zero', 'largest', 'one'),
  node('sum', 'Sum', 'counted', 'first'),
];

/** The files of `withNodes(...counted(from))`, with their constants. */
async function counting(from: string): Promise<File[]> {
  const [json, weights] = writtenGraph({
    change(graph) {
      graph.modelTopology.node.push(...counted(from));
      graph.weightsManifest[0]?.weights.push(
        { name: 'flat', shape: [1], dtype: 'int32' },
        { name: 'first', shape: [1], dtype: 'int32' },
        { name: 'start', shape: [1, 4, 4, 1], dtype: 'float32' },
      );
      return graph;
    },
  }) as [File, File];
  return [json, new File([await weights.arrayBuffer(), Int32Array.of(-1, 0), new Float32Array(16)], 'w.bin')];
}

async function isFixed(files: File[], ...fed: readonly string[]): Promise<boolean> {
  const { load } = await graphLoader(await openTfjsModel(files, 'graph-model'));
  const model = load();
  try {
    return hasFixedSizes(model, new Set(fed));
  } finally {
    model.dispose();
  }
}

describe('the sizes of a graph', () => {
  beforeEach(() => useEngine('cpu'));

  it.each<[string, boolean, readonly Node[]]>([
    ['constants as arguments', true, []],
    ['the shape of an input', true, [node('shape', 'Shape', 'relu'), node('same', 'Reshape', 'relu', 'shape')]],
    ['random values', true, [node('random', 'RandomUniform', 'axes')]],
    ['the place of the largest value', true, [node('best', 'ArgMax', 'scores', 'axes')]],
    ['a constant after another node', true, [node('sums', 'Sum', 'scores', 'axes'), node('late', 'Const', '^sums')]],
    ['an argument computed from the frame', false, [node('tiles', 'Tile', 'scores', 'mean')]],
    [
      'an argument of random values',
      false,
      [node('random', 'RandomUniform', 'axes'), node('x', 'Tile', 'mean', 'random')],
    ],
    ['values that are counted', false, [node('unique', 'UniqueV2', 'scores', 'axes')]],
    ['values that are found', false, [node('where', 'Where', 'scores')]],
    ['a loop', false, [node('turn', 'LoopCond', 'scores')]],
  ])('with %s: fixed is %s', async (_, expected, nodes) => {
    expect(await isFixed(withNodes(...nodes), 'image')).toBe(expected);
  });

  it('follow from what is put in the place of any node', async () => {
    const files = () => withNodes(node('times', 'Identity', 'axes'), node('tiles', 'Tile', 'scores', 'times'));
    expect(await isFixed(files(), 'image')).toBe(true);
    expect(await isFixed(files(), 'times')).toBe(false);
    expect(await isFixed(files(), 'axes')).toBe(false);
  });

  it('follow from an input with a default, where frames are put', async () => {
    const files = () =>
      withNodes(node('times', 'PlaceholderWithDefault', 'axes'), node('x', 'Tile', 'scores', 'times'));
    expect(await isFixed(files(), 'image')).toBe(true);
    expect(await isFixed(files(), 'image', 'times')).toBe(false);
  });
});

describe.each(ENGINES)('a graph whose size the values of a frame tell, on %s', (engine) => {
  beforeEach(() => useEngine(engine));

  it.each(['image', 'inner'])(
    'is watched in each run (%s): a later frame that would take gigabytes is refused',
    async (input) => {
      const stage = await graphModel(await counting(input), { input, inputShape: [1, 4, 4, 1], output: 'sum' });
      const kernel = stage.build([1, 4, 4, 1]);
      const sumFor = (value: number) =>
        tf.tidy(() => Array.from(kernel.run(tf.mul(tf.ones([1, 4, 4, 1]), value)).dataSync()));
      // 0 + 1 + 2 + 3
      expect(sumFor(4)).toEqual([6]);
      expect(sumFor(4)).toEqual([6]);
      expect(() => sumFor(1e9)).toThrow(WeightsError);
      expect(() => sumFor(1e9)).toThrow(/its operation Range would give \d+ values, over the limit/);
      expect(sumFor(4)).toEqual([6]);
      kernel.dispose();
    },
  );
});

it('batches of other sizes give what they give alone', async () => {
  await useEngine('cpu');
  const stage = await graphModel(writtenGraph(), { maxWork: 1000 });
  const kernel = stage.build([1, 4, 4, 1]);
  for (const batch of [1, 1, 50, 1]) {
    const output = tf.tidy(() => kernel.run(tf.ones([batch, 4, 4, 1])));
    expect(output.shape).toEqual([batch, 3]);
    output.dispose();
  }
  kernel.dispose();
});
