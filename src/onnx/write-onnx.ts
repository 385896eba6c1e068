import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { OptionError } from '../errors/errors.ts';
import { sizeOf, type Shape } from '../stage/shape.ts';
import type { AnyStage } from '../stage/stage.ts';
import { graphOf } from './graph-of.ts';
import { writeModel } from './onnx-model.ts';
import { joined, type Message } from './protobuf.ts';

/** Options of {@link writeOnnx}. */
export interface WriteOnnxOptions {
  /** Needed where the stage declares none. */
  readonly inputShape?: Shape;
  /** Texts that the file is to carry, by name. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const NAMES: OptionNames<WriteOnnxOptions> = { inputShape: true, metadata: true };

/** Protobuf's limit, and ONNX's. */
const TWO_GB = 2 ** 31;

/**
 * A stage, or a pipeline, with its weights as an ONNX file (opset 17), which ONNX Runtime and many others read: one input,
 * `input`, and one output, `output`, of single precision, shaped as here (`[batch, height, width, channels]`), the batch
 * left open. Shapes of stages' outputs are in it.
 *
 * Throws `OptionError` for stages of one's own, graph models and what takes pictures, which ONNX has no words for, for an
 * input shape that is missing, and for weights of over 2 GB; `WeightsError` for weights that are missing.
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

/** @internal The same, as the pieces it is written in. */
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
      `${name} can't be written as ONNX: ${which} ${others.length > 1 ? 'are' : 'is'} not of sluice's own stages on tensors`,
    );
  }
  const bytes = 4 * Object.values(stage.weightShapes(input)).reduce((sum, shape) => sum + sizeOf(shape), 0);
  if (bytes >= TWO_GB) {
    throw new OptionError(`${name} has ${(bytes / 1e9).toFixed(1)} GB of weights: an ONNX file can't be over 2 GB`);
  }
  return writeModel(graphOf(name, parts, input, { metadata }));
}
