import type { Tensor } from '@tensorflow/tfjs-core';
import { EngineError, WeightsError } from '../../../errors/errors.ts';
import { sizeOf, type Shape } from '../../../stage/shape.ts';
import { pipelineOf as pipelineOfStages, type Pipeline } from '../../../stages/pipeline.ts';
import { finished, nameOf, pipelineOf, type ConvertedNodes } from '../convert-graph.ts';
import type { StateInput } from '../fixed-inputs.ts';
import type { OnnxValueInfo } from '../onnx-file.ts';
import type { OnnxModelOptions } from '../onnx-model-options.ts';
import { restOfGraph, wholeGraph, type RestOfGraph } from './rest-of-graph.ts';
import { runtimeStage } from './runtime-stage.ts';
import type { StoredTensor } from '../stored-tensor.ts';
import type { Value } from '../value.ts';
import { FLOAT, valueTypes } from './value-types.ts';
import { varyingValues } from './varying-values.ts';
import { freePrefix, writeRest } from './write-rest.ts';

/** @internal What runs a model, or the rest of it, on ONNX Runtime. */
export interface OnRuntime {
  readonly main: Uint8Array;
  /** The files with weights, by their paths in the model. */
  readonly beside: ReadonlyMap<string, Uint8Array>;
  readonly share: NonNullable<OnnxModelOptions['onnxRuntime']>;
  /** Constants in the place of inputs. */
  readonly constants: readonly StoredTensor[];
  readonly state: readonly StateInput[];
  readonly options: OnnxModelOptions['runtimeOptions'];
}

/**
 * @internal A pipeline whose last stage is a part of the graph on ONNX Runtime, or all of it. Throws `WeightsError` that names what stages
 * cannot do where the runtime cannot do it either, and `EngineError` where there is no runtime.
 */
export async function onRuntime(
  converted: ConvertedNodes,
  outputs: readonly string[],
  several: boolean,
  { main, beside, share, constants, state, options }: OnRuntime,
): Promise<Pipeline<Tensor, Tensor>> {
  const { file, graph, input, values, problems } = converted;
  const rest = share === 'rest' && problems.any ? restOfGraph(converted, outputs) : wholeGraph(converted, outputs);
  const types = valueTypes(graph);
  const prefix = freePrefix(graph);
  const varying = varyingValues(rest.nodes, (name) => converted.constants.has(name));
  const taken = rest.taken.map((name) => ({ name, value: valueCalled(converted, name) }));
  const passed = new Map(
    outputs.filter((name) => !rest.outputs.includes(name)).map((name) => [name, finished(converted, name)]),
  );
  const isAlone = taken.length === 1 && passed.size === 0;
  const before = taken.every(({ value }) => value.id === values.get(input.name)?.id) && passed.size === 0;
  // A value may go to the runtime and be an output as well, in another layout.
  const keyed = taken.map(({ name, value }) => [passed.has(name) ? `${name} for the rest` : name, value] as const);
  const native = before ? undefined : pipelineOf(converted, new Map([...keyed, ...passed]), !isAlone);
  const inputShape = [1, ...input.order.map((dimension) => input.shape[dimension] ?? 1)];
  const written = writeRest(file, main, graph, {
    nodes: rest.nodes,
    constants,
    prefix,
    inputs: [
      ...taken.map(({ name, value }) => ({ name, shape: value.shape, type: types.get(name) ?? FLOAT })),
      ...state.map(({ name, type }) => ({ name, type, shape: undefined })),
    ],
    outputs: [...rest.outputs, ...state.map(({ from }) => from)],
  });
  const stage = await orRefused(converted, () =>
    runtimeStage({
      name: file,
      model: written,
      beside,
      options,
      inputs: keyed.map(([key, { shape, order }]) => ({ key: isAlone || before ? undefined : key, shape, order })),
      outputs: rest.outputs.map((name) => ({ name, hasBatch: batchIn(converted, name, varying.has(name)) })),
      inputOrder: input.order,
      state,
      passed: new Map([...passed].map(([name, value]) => [name, shapeOf(value)])),
      prefix,
      named: several ? outputs : undefined,
      parameters: weightsOf(converted, rest),
      varies: rest.outputs.some((name) => varying.has(name)),
      description: { part: rest.taken.includes(input.name) && before ? 'whole' : 'rest' },
    }),
  );
  const parts = (native?.parts ?? []).map((part) => part.stage.named(part.name));
  let name = 'onnxRuntime';
  while (parts.some((part) => part.name === name)) name += '_';
  const stages = [...parts, stage.named(name)];
  return pipelineOfStages({ name: nameOf(graph), inputShape }, stages) as unknown as Pipeline<Tensor, Tensor>;
}

function valueCalled({ values }: ConvertedNodes, name: string): Value {
  return values.get(name) as Value;
}

function shapeOf({ shape, order }: Value): Shape {
  return [1, ...order.map((dimension) => shape[dimension] ?? 1)];
}

/** Runs what loads the model; where ONNX Runtime refuses it, the error also names what stages cannot do. */
async function orRefused<T>({ problems }: ConvertedNodes, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (!(cause instanceof EngineError) || !problems.any) throw cause;
    throw new WeightsError(`${problems.message}. ONNX Runtime cannot run it: ${cause.message}`, { cause });
  }
}

/** Whether an output's first dimension is the batch: it is declared as 1, or as open as the batch of the input. */
function batchIn({ graph, input }: ConvertedNodes, output: string, canVary: boolean): (shape: Shape) => boolean {
  const find = (infos: readonly OnnxValueInfo[], name: string) => infos.find((info) => info.name === name);
  const [taken, given] = [find(graph.inputs, input.name), find(graph.outputs, output)];
  const isFixed = given?.shape?.[0] === 1;
  const isSame = given?.batch !== undefined && given.batch === taken?.batch;
  return (shape) => shape[0] === 1 && (isFixed || isSame || !canVary);
}

function weightsOf({ graph }: ConvertedNodes, { nodes }: RestOfGraph): number {
  const names = new Set([...nodes].flatMap(({ inputs, captured = [] }) => [...inputs, ...captured]));
  const used = [...graph.initializers.values()].filter(({ name }) => names.has(name));
  return used.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}
