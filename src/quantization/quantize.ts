import type { Observable } from 'rxjs';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { engineReady } from '../engines/engine.ts';
import { OptionError } from '../errors/errors.ts';
import type { Frame } from '../frames/frame.ts';
import { foldBatchNorm } from '../models/fold-batch-norm.ts';
import { checkModel } from '../models/infer.ts';
import type { Model } from '../models/model.ts';
import { ownStages } from '../models/from-spec.ts';
import { few } from '../models/few-names.ts';
import { tensorForm } from '../preprocess/to-tensor.ts';
import type { Pixels } from '../stage/pixels.ts';
import type { Pipeline } from '../stages/pipeline.ts';
import { agreementOf, scoresOf, type Agreement } from './agreement.ts';
import { calibrate, runOver } from './calibrate.ts';
import { floatStages } from './float-stages.ts';
import { keptPictures } from './kept-pictures.ts';
import { comparedNetwork, LayerNoise } from './layer-noise.ts';
import { Network } from './network.ts';
import { checkQuantizeOptions, keptLayers, type QuantizeOptions } from './quantize-options.ts';

/** A layer that can compute with integers. */
export interface QuantizedLayer {
  /** The path of the layer in the model: `block1/conv`. */
  readonly name: string;
  /**
   * How much larger its output is than what rounding its input and its kernel changes, before its activation, in decibels, on up to 32 of
   * the frames that are held out.
   */
  readonly snr: number;
  /** Whether it stays float. */
  readonly float: boolean;
}

/** What a quantization costs. */
export interface QuantizationReport {
  readonly layers: readonly QuantizedLayer[];
  /** Stages with multiply-adds that stay float because ONNX Runtime has no integers for them: names and operations. */
  readonly others: readonly string[];
  /** How many frames the ranges come from. */
  readonly calibrated: number;
  /** How many other frames the results were compared on. 0 where there was one frame only: then that one was compared. */
  readonly heldOut: number;
  /** The agreement with the float model on the held-out frames, of a classifier. */
  readonly agreement?: Agreement;
}

/** A quantized model and what it costs. */
export interface Quantization<T extends object, O extends object> {
  readonly model: Model<T, O>;
  readonly report: QuantizationReport;
}

/** Every so many frames one is held out. */
const HELD_OUT = 4;
/** On at most so many of either frames the layers are compared one by one. */
const COMPARED = 32;

/**
 * Makes a model compute with integers of 8 bits (Node): static quantization, with a scale for each channel of the weights, and the ranges of
 * activations as they are on your frames. Batch normalizations are folded first. On `onnxruntime` it is about twice as fast; other engines
 * compute the same rounded numbers in floats, and no faster.
 *
 * Every fourth frame is held out: on these the report compares the model with the float one. Frames are those of a source with
 * `resize: model.preprocess`, as for `infer`. The model is like any other: `infer`, `writeModel` and `writeOnnx` take it.
 *
 * Rejects with `OptionError` for a wrong option, for a stream without frames or with over 1 GB of pictures, and for a model with no layer that can be
 * quantized; with the error of a frame that cannot be read.
 *
 * @see {@link "sluice".fakeQuantize | fakeQuantize}, {@link "sluice".writeOnnx | writeOnnx}
 *
 * @example
 * const model = await mobilenetV1();
 * const photos = images(['photo.jpg'], { resize: model.preprocess });
 * const { model: small, report } = await quantize(model, photos);
 * console.log(small.labels.length, report.layers.length); // 1001 28
 */
export async function quantize<T extends object, O extends object>(
  model: Model<T, O>,
  frames: Observable<Frame<Pixels>>,
  options: QuantizeOptions = {},
): Promise<Quantization<T, O>> {
  checkModel('quantize', model);
  checkQuantizeOptions(options);
  const { method = 'minmax', percentile = 99.99, maxLoss, maxFrames = 200, onWarning = () => undefined } = options;
  const isClassifier = model.task.kind === 'classification';
  if (maxLoss !== undefined && !isClassifier) {
    throw new OptionError(
      `quantize: maxLoss counts classes that change, but the task of ${model.name} is ${model.task.kind}: give keepFloat`,
    );
  }
  const { net, input } = foldedOf(model);
  const network = new Network(net, input);
  const layers = network.layers();
  const others = floatStages(net, input);
  if (layers.length === 0) {
    const what = others.length > 0 ? `: it computes with ${few(others)}` : '';
    throw new OptionError(
      `${model.name} has no layer that can be quantized${what}. conv2d, depthwiseConv2d and dense can`,
    );
  }
  const keep = keptLayers(model.name, layers, options.keepFloat);
  const pictures = await keptPictures(frames, maxFrames);
  const { calibration, heldOut } = splitPictures(pictures, onWarning);
  await engineReady();
  const levels = await calibrate(network, calibration, model.preprocess, method, percentile);
  const noiseOn = async (shown: readonly Pixels[]): Promise<ReadonlyMap<string, LayerNoise>> => {
    const noises = new Map(layers.map((name) => [name, new LayerNoise()]));
    const some = shown.filter((_, i) => i % Math.ceil(shown.length / COMPARED) === 0);
    await runOver(comparedNetwork(network, levels, noises), some, model.preprocess);
    return noises;
  };
  const calibrated = await noiseOn(calibration);
  const correction = (path: string) => calibrated.get(path)?.correction ?? [];
  // What is corrected must not depend on the frames that are held out, and what is reported must.
  const noises = pictures.length > 1 ? await noiseOn(heldOut) : calibrated;
  const made = (): Model<T, O> => ({
    ...model,
    pipeline: network.quantized(keep, levels, correction) as unknown as Pipeline<Tensor4D, Tensor>,
  });
  const exact = isClassifier ? await scoresOf(model, heldOut) : undefined;
  const compared = async () => exact && agreementOf(exact, await scoresOf(made(), heldOut));
  let agreement = await compared();
  const byNoise = layers.toSorted((a, b) => (noises.get(a)?.decibels ?? 0) - (noises.get(b)?.decibels ?? 0));
  for (const name of byNoise) {
    if (maxLoss === undefined || !agreement || 1 - agreement.same / agreement.of <= maxLoss) break;
    if (keep.has(name)) continue;
    keep.add(name);
    agreement = await compared();
  }
  if (keep.size === layers.length) onWarning(`all ${layers.length} layers of ${model.name} stay float`);
  return {
    model: made(),
    report: {
      layers: layers.map((name) => ({ name, snr: noises.get(name)?.decibels ?? NaN, float: keep.has(name) })),
      others,
      calibrated: calibration.length,
      heldOut: pictures.length > 1 ? heldOut.length : 0,
      ...(agreement ? { agreement } : {}),
    },
  };
}

/** The network of a model without batch normalizations, and its input's shape. Throws `OptionError` for stages that can't be made again. */
function foldedOf({ name, pipeline, preprocess }: Pick<Model<object, object>, 'name' | 'pipeline' | 'preprocess'>) {
  const own = [...new Set(ownStages(pipeline.spec))];
  if (own.length > 0) {
    throw new OptionError(`${name} can't be quantized: it has stages that are not sluice's own, ${few(own)}`);
  }
  const { width, height } = preprocess;
  const input = pipeline.inputShape ?? tensorForm('quantize', preprocess).shape(height, width);
  return { net: foldBatchNorm(pipeline, { inputShape: input }), input };
}

/** Holds every fourth picture out. Throws `OptionError` where there is none. */
function splitPictures(pictures: readonly Pixels[], onWarning: (message: string) => void) {
  if (pictures.length === 0) {
    throw new OptionError(
      'quantize needs frames to calibrate with, but the stream has none: give 100 or more, as the model will see them',
    );
  }
  if (pictures.length < HELD_OUT) {
    const one = pictures.length === 1;
    onWarning(
      `calibrated with ${one ? 'one picture only' : `${pictures.length} pictures only`}: the ranges fit ${one ? 'it' : 'them'} alone. Give 100 or more, as the model will see them`,
    );
  }
  // With two or three, the last one is held out; a single one is compared as well.
  const isHeldOut = (i: number) =>
    pictures.length < HELD_OUT ? i === pictures.length - 1 : i % HELD_OUT === HELD_OUT - 1;
  const calibration = pictures.filter((_, i) => pictures.length === 1 || !isHeldOut(i));
  return { calibration, heldOut: pictures.filter((_, i) => isHeldOut(i)) };
}
