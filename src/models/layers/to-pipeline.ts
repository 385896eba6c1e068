import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { describeValue } from '../../errors/describe-value.ts';
import { messageOf, OptionError, WeightsError } from '../../errors/errors.ts';
import type { Pipeline } from '../../stages/pipeline.ts';
import { describeShape, mergedOutput, type Shape, sizeOf } from '../../stage/shape.ts';
import type { GraphNode } from '../../stages/graph-nodes.ts';
import { checkWork } from '../check-work.ts';
import { chooseOutputs } from '../choose-outputs.ts';
import { MAX_RANK, MAX_VALUES } from '../limits.ts';
import { asObject } from '../tfjs/as-object.ts';
import type { TfjsModel } from '../tfjs/read-tfjs-model.ts';
import type { Converted } from './conversion.ts';
import { convertLayer } from './convert-layer.ts';
import { warnOfModel } from '../model-warning.ts';
import { flattenModel, type FlatModel, type FlatNode } from './flat-model.ts';
import type { LayersModelOptions } from './layers-model-options.ts';
import { pipelineOfNodes } from './pipeline-of-nodes.ts';
import { withPictures } from './with-pictures.ts';
import { StoredWeights } from './stored-weights.ts';
import { REMEDY } from './unsupported-layers.ts';

/** @internal The pipeline that a model describes, with its weights. `known`: the input's sizes where the model leaves them open. */
export function toPipeline(model: TfjsModel, options: LayersModelOptions, known?: Shape): Pipeline<Tensor4D, Tensor> {
  const { file, json } = model;
  const topology = asObject(json['modelTopology']) ?? {};
  // Keras nests the topology one level deeper than tfjs-layers.
  const flat = withPictures(flattenModel(file, topology['model_config'] ?? topology));
  const inputShape = inputShapeOf(file, flat, options.inputShape ?? filledIn(flat.inputShape, known));
  const outputs = chooseOutputs(file, flat.outputs, options.output);
  const nodes = needed(flat.nodes, [...outputs.values()]);
  if (nodes.length === 0) throw new WeightsError(`${file} has no layers but its input`);
  const version = topology['keras_version'];
  const keras = typeof version === 'string' && /^\d/.test(version) ? Number.parseInt(version, 10) : 0;
  const weights = new StoredWeights(model);
  const converted = convert(file, nodes, flat.input, inputShape, keras);
  const stages = withWeights(file, converted, weights);
  const isSeveral = typeof options.output === 'object';
  const net = pipelineOfNodes(
    { name: flat.name.replaceAll('/', '.'), inputShape },
    flat.input,
    stages,
    isSeveral ? Object.fromEntries(outputs) : undefined,
  );
  checkWork(file, net, options.maxWork);
  for (const warning of weights.warnings()) warnOfModel(options.onWarning, 'weights', warning);
  return net;
}

/** A converted layer, with the shape of its input. */
interface Placed {
  readonly node: FlatNode;
  readonly made: Converted;
  readonly input: Shape;
}

function convert(file: string, nodes: readonly FlatNode[], input: string, inputShape: Shape, keras: number): Placed[] {
  const problems: string[] = [];
  const shapes = new Map<string, Shape | undefined>([[input, inputShape]]);
  const placed: Placed[] = [];
  for (const node of nodes) {
    const { id, layer, from } = node;
    const given = from.map((source) => shapes.get(source));
    const [first] = given;
    const where = id === layer.name ? id : `${id} (${layer.name})`;
    try {
      const made = convertLayer(layer, { input: first, keras });
      if ('stage' in made && from.length !== 1) {
        problems.push(`${where} (${layer.className}: takes ${from.length} inputs instead of one)`);
        continue;
      }
      if ('merge' in made && from.length < 2) {
        problems.push(`${where} (${layer.className}: takes ${from.length} inputs instead of several)`);
        continue;
      }
      if (!first || given.includes(undefined)) continue;
      const output = outputShape(id, made, given as Shape[]);
      if (sizeOf(output) > MAX_VALUES) {
        problems.push(`${where} (${layer.className}: gives ${describeShape(output)}, over ${MAX_VALUES} values)`);
        continue;
      }
      shapes.set(id, output);
      placed.push({ node, made, input: first });
    } catch (error) {
      problems.push(`${where} (${layer.className}: ${messageOf(error)})`);
    }
  }
  if (problems.length === 0) return placed;
  throw new WeightsError(`${file} has layers that cannot be converted: ${problems.join('; ')}. ${REMEDY}`);
}

function outputShape(id: string, made: Converted, given: readonly Shape[]): Shape {
  const [first = []] = given;
  if ('stage' in made) return made.stage.outputShape(first);
  return mergedOutput(id, made.merge, given, made.axis);
}

function withWeights(file: string, placed: readonly Placed[], weights: StoredWeights): [string, GraphNode][] {
  const missing: string[] = [];
  const nodes = placed.map(({ node: { id, layer, from }, made, input }): [string, GraphNode] => {
    if ('merge' in made) return [id, { ...made, from }];
    const shapes = made.stage.weightShapes(input);
    const own = Object.entries(made.weights ?? {}).flatMap(([name, names], index) => {
      const stored = weights.find(layer, names, index);
      if (!stored) {
        missing.push(`${layer.name}/${names[0] ?? name}`);
        return [];
      }
      const wanted = shapes[name] ?? [];
      const shape = made.reshaped?.(stored.spec.shape) ?? stored.spec.shape;
      if (shape.join() !== wanted.join()) {
        throw new WeightsError(
          `${file}: ${stored.spec.name} is ${describeShape(shape)}, but ${id} needs ${describeShape(wanted)}`,
        );
      }
      return [[name, { shape, data: weights.read(stored).data }] as const];
    });
    return [id, { stage: made.stage.withWeights(Object.fromEntries(own)), from: from[0] ?? '' }];
  });
  if (missing.length === 0) return nodes;
  throw new WeightsError(`${file} lacks the weights ${missing.join(', ')}`);
}

/** The nodes that outputs depend on, in their order. */
function needed(nodes: readonly FlatNode[], outputs: readonly string[]): FlatNode[] {
  const wanted = new Set(outputs);
  for (const { id, from } of nodes.toReversed()) if (wanted.has(id)) for (const source of from) wanted.add(source);
  return nodes.filter(({ id }) => wanted.has(id));
}

/** The declared shape with sizes in place of those that it leaves open. Undefined if it leaves none open, or has another rank. */
function filledIn(declared: FlatModel['inputShape'], known: Shape | undefined): Shape | undefined {
  if (!known || !declared) return known;
  const isOpen = declared.some((size, i) => i > 0 && size === null);
  if (!isOpen || declared.length !== known.length) return undefined;
  return known.map((size, i) => (i === 0 ? size : ((declared[i] as number | null | undefined) ?? size)));
}

function inputShapeOf(file: string, { inputShape: declared }: FlatModel, given: Shape | undefined): Shape {
  if (!declared && !given) throw new OptionError(`${file} does not declare its input's shape: give inputShape`);
  const sizes: readonly unknown[] = declared ? [1, ...declared.slice(1)] : [];
  const open = sizes.some((size) => size === null);
  if (!given && open) {
    throw new OptionError(`${file} does not declare its input's size (${describeValue(declared)}): give inputShape`);
  }
  const shape: readonly unknown[] = given ?? sizes;
  const fits = !declared || sizes.every((size, i) => size === null || i === 0 || size === shape[i]);
  if (!fits || (declared && shape.length !== sizes.length)) {
    throw new OptionError(`${file} takes ${describeValue(declared)}, but inputShape is ${describeValue(given)}`);
  }
  const counts = shape.every((size) => Number.isSafeInteger(size) && (size as number) >= 1);
  if (!counts || shape.length < 2 || shape.length > MAX_RANK) {
    throw new WeightsError(`${file} takes ${describeValue(shape)}, which is not a valid shape`);
  }
  if (sizeOf(shape as Shape) <= MAX_VALUES) return shape as Shape;
  throw new WeightsError(`${file} takes ${describeValue(shape)}, over ${MAX_VALUES} values`);
}
