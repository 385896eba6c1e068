import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { OptionError } from '../errors/errors.ts';
import { sizeOf, type Shape } from '../stage/shape.ts';
import type { AnyStage } from '../stage/stage.ts';
import { graphOf } from './graph-of.ts';
import { writeModel } from './onnx-model.ts';
import { joined, type Message } from './protobuf.ts';

/** Options of {@link writeOnnx}. */
export interface WriteOnnxOptions {
  /** The input's shape. Needed where the stage declares none. */
  readonly inputShape?: Shape;
  /** Texts to store in the file, by name. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const NAMES: OptionNames<WriteOnnxOptions> = { inputShape: true, metadata: true };

/** The limit of protobuf, and so of ONNX. */
const TWO_GB = 2 ** 31;

/**
 * Writes a stage or a pipeline with its weights as an ONNX file (opset 17). The graph has one input, `input`, and one output,
 * `output`, in single precision and in sluice's layout (`[batch, height, width, channels]`), with any batch size. The file
 * also contains the shapes of the stages' outputs.
 *
 * Throws `OptionError` for stages that cannot be written as ONNX (your own stages, graph models, and stages that take
 * pictures), where the input shape is missing, and for weights of over 2 GB. Throws `WeightsError` for missing weights.
 *
 * @see {@link writeModel}
 *
 * @example
 * const net = pipeline({ inputShape: [1, 28, 28, 1] }, flatten(), dense({ units: 10, seed: 1 }));
 * console.log(writeOnnx(net).length); // 31804
 */
export function writeOnnx(stage: AnyStage, options: WriteOnnxOptions = {}): Uint8Array {
  return joined(onnxPieces(stage, options));
}

/** @internal The same file as a list of byte arrays. */
export function onnxPieces(stage: AnyStage, options: WriteOnnxOptions = {}): Message {
  checkOptions('writeOnnx', options, NAMES);
  const { inputShape, metadata } = options;
  const { name, parts } = stage;
  const input = inputShape ?? stage.inputShape;
  if (!input) throw new OptionError(`${name}: an ONNX file needs an input shape: declare inputShape or give one`);
  const others = parts.filter((part) => part.stage.compilable !== true);
  if (others.length > 0) {
    const which = others.map((part) => `${part.name} (${part.stage.spec.op})`).join(', ');
    throw new OptionError(
      `${name} cannot be written as ONNX: only stages of sluice that take tensors can, and ${which} ${others.length > 1 ? 'are' : 'is'} not`,
    );
  }
  const bytes = 4 * Object.values(stage.weightShapes(input)).reduce((sum, shape) => sum + sizeOf(shape), 0);
  if (bytes >= TWO_GB) {
    throw new OptionError(
      `${name} has ${(bytes / 1e9).toFixed(1)} GB of weights: an ONNX file cannot be larger than 2 GB`,
    );
  }
  return writeModel(graphOf(name, parts, input, { metadata }));
}
