import * as tf from '@tensorflow/tfjs-core';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as layers from '@tensorflow/tfjs-layers';
import type { Spec } from 'sluice';
import type { Forward } from './by-hand.ts';
import type { Subject } from './networks.ts';

/** A stage's arguments, as its spec has them. */
interface Arguments {
  readonly op: string;
  readonly name: string;
  readonly filters: number;
  readonly units: number;
  readonly kernelSize: [number, number];
  readonly poolSize: [number, number];
  readonly strides: [number, number];
  readonly padding: 'same' | 'valid';
  readonly activation: string;
}

function stagesOf({ net }: Pick<Subject, 'net'>): Arguments[] {
  return net.parts.map(({ name, stage }) => ({ ...(stage.spec as Spec & Arguments), name }));
}

/** The same network as a tfjs-layers model. */
export function layersModel(subject: Omit<Subject, 'name'>): layers.Sequential {
  const model = layers.sequential();
  for (const [i, stage] of stagesOf(subject).entries()) {
    const layer = layerOf(stage, i === 0 ? { inputShape: subject.shape.slice(1) } : {});
    model.add(layer);
    const values = ['kernel', 'bias'].flatMap((what) => subject.weights[`${stage.name}/${what}`] ?? []);
    // A layer of its own makes the shapes: depthwise kernels are [h, w, c, 1] in both.
    if (values.length > 0) layer.setWeights(values.map(({ data, shape }) => tf.tensor(data, [...shape])));
  }
  return model;
}

/** The same network, run with `predict` of tfjs-layers. */
export function asLayers(subject: Subject): Forward {
  const model = layersModel(subject);
  return (input) => model.predict(input) as tf.Tensor;
}

function layerOf(stage: Arguments, first: { inputShape?: number[] }) {
  const { op, name, filters, units, kernelSize, poolSize, strides, padding } = stage;
  const relu6 = stage.activation === 'relu6';
  const activation = (stage.activation ?? 'linear') as 'relu' | 'relu6' | 'tanh' | 'linear';
  switch (op) {
    case 'conv2d':
      return layers.layers.conv2d({ name, filters, kernelSize, strides, padding, activation, ...first });
    case 'depthwiseConv2d':
      return layers.layers.depthwiseConv2d({ name, kernelSize, strides, padding, activation, ...first });
    case 'avgPool':
      return layers.layers.averagePooling2d({ name, poolSize, strides, padding });
    case 'globalAvgPool':
      return layers.layers.globalAveragePooling2d({ name });
    case 'flatten':
      return layers.layers.flatten({ name });
    case 'dense':
      return layers.layers.dense({ name, units, activation });
    case 'softmax':
      return layers.layers.activation({ name, activation: 'softmax' });
    default:
      throw new Error(`no layer for ${op}${relu6 ? ' with relu6' : ''}`);
  }
}

/** A node of a TensorFlow graph, as the JSON of a graph model has it. */
interface Node {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, unknown>>;
}

const text = (value: string) => ({ s: btoa(value) });
const list = (values: readonly number[]) => ({ list: { i: values.map(String) } });
const FLOAT = { type: 'DT_FLOAT' };

/** The same network as a tfjs graph model, as the converter writes it: fused operations, run with `execute`. */
export async function asGraph(subject: Subject): Promise<Forward> {
  const nodes: Node[] = [{ name: 'x', op: 'Placeholder', input: [], attr: { dtype: FLOAT } }];
  const constants = new Map<string, { shape: readonly number[]; data: Float32Array; dtype: 'float32' | 'int32' }>();
  for (const [name, { shape, data }] of Object.entries(subject.weights))
    constants.set(name, { shape, data, dtype: 'float32' });
  let last = 'x';
  for (const stage of stagesOf(subject)) {
    nodes.push(...nodesOf(stage, last, constants));
    last = nodes.at(-1)?.name ?? last;
  }
  const values = [...constants].map(([name, { shape, data, dtype }]) => {
    const attr = { dtype: dtype === 'int32' ? { type: 'DT_INT32' } : FLOAT, value: { tensor: {} } };
    return { node: { name, op: 'Const', input: [], attr }, spec: { name, shape: [...shape], dtype }, data };
  });
  const bytes = await new Blob(values.map(({ data }) => data as Float32Array<ArrayBuffer>)).arrayBuffer();
  const model = await loadGraphModel({
    load: async () => ({
      modelTopology: { node: [...values.map(({ node }) => node), ...nodes], versions: { producer: 1 } },
      weightSpecs: values.map(({ spec }) => spec),
      weightData: bytes,
      format: 'graph-model',
    }),
  });
  return (input) => model.execute({ x: input }, last) as tf.Tensor;
}

function nodesOf(
  { op, name, kernelSize: _kernelSize, poolSize, strides, padding, activation }: Arguments,
  input: string,
  constants: Map<string, { shape: readonly number[]; data: Float32Array; dtype: 'float32' | 'int32' }>,
): Node[] {
  const window = { T: FLOAT, padding: text((padding ?? 'valid').toUpperCase()), data_format: text('NHWC') };
  const slide = (pair: readonly number[]) => list([1, ...pair, 1]);
  const fusedOps = ['BiasAdd', ...(activation === 'relu' ? ['Relu'] : activation === 'relu6' ? ['Relu6'] : [])];
  const fused = { T: FLOAT, fused_ops: { list: { s: fusedOps.map((one) => btoa(one)) } }, num_args: { i: '1' } };
  const weighted = [input, `${name}/kernel`, `${name}/bias`];
  switch (op) {
    case 'conv2d':
      return [{ name, op: '_FusedConv2D', input: weighted, attr: { ...window, ...fused, strides: slide(strides) } }];
    case 'depthwiseConv2d': {
      const attr = { ...window, ...fused, strides: slide(strides), dilations: slide([1, 1]) };
      return [{ name, op: 'FusedDepthwiseConv2dNative', input: weighted, attr }];
    }
    case 'avgPool':
      return [
        { name, op: 'AvgPool', input: [input], attr: { ...window, ksize: slide(poolSize), strides: slide(strides) } },
      ];
    case 'globalAvgPool':
      constants.set(`${name}/axes`, { shape: [2], data: new Int32Array([1, 2]) as never, dtype: 'int32' });
      return [{ name, op: 'Mean', input: [input, `${name}/axes`], attr: { T: FLOAT, keep_dims: { b: false } } }];
    case 'flatten':
      constants.set(`${name}/shape`, { shape: [2], data: new Int32Array([1, -1]) as never, dtype: 'int32' });
      return [{ name, op: 'Reshape', input: [input, `${name}/shape`], attr: { T: FLOAT } }];
    case 'dense':
      return [
        {
          name,
          op: '_FusedMatMul',
          input: weighted,
          attr: { ...fused, transpose_a: { b: false }, transpose_b: { b: false } },
        },
      ];
    case 'softmax':
      return [{ name, op: 'Softmax', input: [input], attr: { T: FLOAT } }];
    default:
      throw new Error(`no graph node for ${op}`);
  }
}
