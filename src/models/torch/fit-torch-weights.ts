import { WeightsError } from '../../errors/errors.ts';
import { describeShape, type Shape } from '../../stage/shape.ts';
import type { Weight } from '../../stage/weights.ts';
import type { Pipeline } from '../../stages/pipeline.ts';
import { fewNames } from '../few-names.ts';
import { declaredInput } from '../with-safetensors.ts';
import { recognize, tensorNames } from './recognize.ts';
import { stateDict } from './state-dict.ts';
import { toChannelsLast, torchShapes } from './to-channels-last.ts';
import type { TorchFamily } from './torch-family.ts';

/** A network that the weights of a file fit. */
export interface Fitted<I, O> {
  /** The network with its weights. */
  readonly pipeline: Pipeline<I, O>;
  /** Which of the given ones it is. */
  readonly index: number;
  readonly family: TorchFamily;
}

/**
 * Gives the weights of a state dict to the one of these networks that is of their family. Throws `WeightsError` that says which family the
 * file looks like, and what is missing, too much, or of another shape.
 */
export function fitTorchWeights<I, O>(
  pipelines: readonly Pipeline<I, O>[],
  weights: Readonly<Record<string, Weight>>,
  file: string,
): Fitted<I, O> {
  pipelines.forEach(declaredInput);
  const given = stateDict(weights, file);
  if (given.size === 0) throw new WeightsError(`${file} has no weights`);
  const family = recognize(new Set(given.keys()));
  if (!family) throw unknownFamily([...given.keys()], pipelines[0]?.name ?? '', file);
  const index = pipelines.findIndex(({ name }) => name === family.network?.pipeline);
  const pipeline = pipelines[index];
  if (!pipeline) throw anotherNetwork(family, pipelines[0]?.name ?? '', file);
  checkNames(given, family, file);
  return { pipeline: pipeline.withWeights(ownWeights(pipeline, given, family, file)), index, family };
}

function checkNames(given: ReadonlyMap<string, Weight>, family: TorchFamily, file: string): void {
  const expected = tensorNames(family);
  const missing = expected.filter((name) => !given.has(name));
  if (missing.length > 0) throw new WeightsError(`${file} looks like ${family.title}, but lacks ${fewNames(missing)}`);
  const known = new Set(expected);
  const others = [...given.keys()].filter((name) => !known.has(name));
  if (others.length === 0) return;
  throw new WeightsError(
    `${file} looks like ${family.title}, but also has ${fewNames(others)}, which that does not have`,
  );
}

/** The weights under sluice's names and in its order. */
function ownWeights<I, O>(
  pipeline: Pipeline<I, O>,
  given: ReadonlyMap<string, Weight>,
  family: TorchFamily,
  file: string,
): Record<string, Weight> {
  const shapes = pipeline.weightShapes(declaredInput(pipeline));
  const entries = family.modules.flatMap(({ name, stage, tensors, area = 1 }) =>
    Object.entries(tensors).map(([own, tensor]): [string, Weight] => {
      const shape = shapes[`${stage}/${own}`] ?? [];
      const weight = given.get(`${name}.${tensor}`) as Weight;
      const possible = torchShapes(shape, area);
      if (possible.some((one) => sameShape(one, weight.shape)))
        return [`${stage}/${own}`, toChannelsLast(weight, shape, area)];
      throw new WeightsError(
        `${file} looks like ${family.title}, but its ${name}.${tensor} is ${describeShape(weight.shape)}, not ${describeShape(possible[0] ?? [])}`,
      );
    }),
  );
  return Object.fromEntries(entries);
}

function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

function anotherNetwork({ title, network }: TorchFamily, name: string, file: string): WeightsError {
  const advice = network
    ? `which ${name} does not compute: load it with --model ${network.model}, or into ${network.call}`
    : 'which sluice has no network for: export the model as ONNX, and read that with importModel (--model)';
  return new WeightsError(`${file} looks like ${title}, ${advice}`);
}

function unknownFamily(names: readonly string[], name: string, file: string): WeightsError {
  return new WeightsError(
    `${file} has names of PyTorch (${fewNames(names)}), but not those of a network that sluice knows for ${name}: ` +
      'ResNet-50, VGG16, AlexNet, SqueezeNet 1.1 and MobileNet v2, as torchvision and timm name their weights. Export another model as ONNX, and read that with importModel (--model)',
  );
}
