import { describeValue } from '../errors/describe-value.ts';
import { messageOf, OptionError, WeightsError } from '../errors/errors.ts';
import { resolveResize } from '../preprocess/fit.ts';
import { preprocess } from '../preprocess/preprocess.ts';
import type { Spec } from '../stage/stage.ts';
import { fromSpec, type FromSpecOptions } from './from-spec.ts';
import { classification } from '../tasks/classification/classification.ts';
import { taskFromSpec } from '../tasks/task-from-spec.ts';
import { checkLabels } from './labels.ts';
import { MAX_VALUES } from './limits.ts';
import type { Model } from './model.ts';
import { readSafetensorsMetadata, writeSafetensors, type DType } from './safetensors.ts';
import { withSafetensors } from './with-safetensors.ts';

/** The only version there is; a later one changes it. */
const VERSION = '1';

/**
 * Writes a model as one file: a safetensors file whose `__metadata__` holds, as JSON, the pipeline's `spec`, its
 * preprocessing, its task and its labels. Other programs read the weights from it; {@link readModel} reads all of it.
 *
 * Throws `OptionError` for a pipeline without a declared input shape and `WeightsError` for one without all its weights.
 *
 * @see {@link readModel}, {@link writeOnnx}
 *
 * @example
 * const net = pipeline({ name: 'tiny', inputShape: [1, 2, 2, 3] }, flatten(), dense({ units: 2, seed: 1 }), softmax());
 * const file = writeModel({ name: 'tiny', pipeline: net, preprocess: { width: 2, height: 2, range: [0, 1] }, task: classification(), labels: ['no', 'yes'] });
 * console.log(readModel(file, 'tiny.safetensors').labels); // ['no', 'yes']
 */
export function writeModel(model: Model<object, object>, dtype?: DType): Uint8Array {
  const { name, pipeline, task, labels } = model;
  const { inputShape } = pipeline;
  if (!inputShape) throw new OptionError(`${name}: declare inputShape to write the model to a file`);
  return writeSafetensors(pipeline.weights(inputShape), dtype, {
    sluice: VERSION,
    name,
    spec: JSON.stringify(pipeline.spec),
    preprocess: JSON.stringify(model.preprocess),
    task: JSON.stringify(task.spec),
    labels: JSON.stringify(labels),
  });
}

/**
 * Reads a model from a file that {@link writeModel} wrote. Stages of your own are made as in `fromSpec`. Its weights stay
 * where they are in `bytes`, which must not change afterwards.
 *
 * Throws `WeightsError` naming the file where it is damaged, is of a later version, describes no pipeline that can be
 * built, or has weights, labels or preprocessing that don't fit it.
 *
 * @see {@link writeModel}, {@link importModel}
 *
 * @example
 * const bytes = writeModel(await mobilenetV1(), 'F16');
 * console.log(readModel(bytes, 'mobilenet.safetensors').name); // mobilenet-v1
 */
export function readModel(bytes: Uint8Array, file: string, options: Pick<FromSpecOptions, 'stages'> = {}): Model {
  const metadata = readSafetensorsMetadata(bytes, file);
  const wrong = (what: string, cause?: unknown) =>
    new WeightsError(`${file} is no model of sluice: ${what}`, { cause });
  const { sluice: version } = metadata;
  if (version === undefined) {
    throw wrong('its __metadata__ has no spec: it may hold the weights of one, for withSafetensors(pipeline, …)');
  }
  if (version !== VERSION) throw wrong(`its version is ${describeValue(version)}; this sluice reads ${VERSION}`);
  const textOf = (key: string) => (Object.hasOwn(metadata, key) ? metadata[key] : undefined);
  const json = (key: string): unknown => {
    const text = textOf(key);
    if (text === undefined) throw wrong(`its __metadata__ has no ${key}`);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw wrong(`its ${key} is not JSON (${messageOf(cause)})`, cause);
    }
  };
  const labels = checkLabels(json('labels'), file);
  try {
    const built = fromSpec(json('spec') as Spec, options);
    if (built.spec.op !== 'pipeline') throw wrong(`its spec is of ${built.spec.op}, not of a pipeline`);
    const stages = built as unknown as Model['pipeline'];
    // Bytes of input and output: sizes are said, not stored, so a short file can claim any.
    const large = stages.summary().rows.find(({ activations }) => activations > 8 * MAX_VALUES);
    if (large) throw wrong(`its stage ${large.stage} takes or gives over ${MAX_VALUES} values`);
    const net = withSafetensors(stages, bytes, file);
    const prepare = json('preprocess') as Model['preprocess'];
    if (typeof prepare !== 'object' || prepare === null) throw wrong(`its preprocess is ${describeValue(prepare)}`);
    const name = metadata['name'] ?? net.name;
    // Files from before there were tasks are of classifiers. Classification is the only task so far.
    const task = (textOf('task') === undefined ? classification() : taskFromSpec(json('task'))) as Model['task'];
    const model = { name, pipeline: net, preprocess: prepare, task, labels };
    checkFit(model);
    return model;
  } catch (cause) {
    throw cause instanceof WeightsError ? cause : wrong(messageOf(cause), cause);
  }
}

/** Throws unless pictures that are prepared like this go through the pipeline, with a label for every score. */
function checkFit({ pipeline, preprocess: prepare, labels }: Model): void {
  const { width, height } = resolveResize(prepare);
  const classes = pipeline.outputShape(preprocess(prepare).outputShape([1, height, width, 3])).at(-1);
  if (labels.length === classes) return;
  throw new OptionError(`it has ${labels.length} labels, but gives ${classes} scores: one is needed for each`);
}
