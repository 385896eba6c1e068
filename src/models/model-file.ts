import { describeValue } from '../errors/describe-value.ts';
import { messageOf, OptionError, ShapeError, WeightsError } from '../errors/errors.ts';
import { resolveResize } from '../preprocess/fit.ts';
import { preprocess } from '../preprocess/preprocess.ts';
import type { Spec } from '../stage/stage.ts';
import { fromSpec, type FromSpecOptions } from './from-spec.ts';
import type { Classification, ClassificationOptions } from '../tasks/classification/class-scores.ts';
import { classification } from '../tasks/classification/classification.ts';
import type { Task } from '../tasks/task.ts';
import { outputShapesThrough } from '../stage/shapes-through.ts';
import { checkShapes } from '../tasks/read-outputs.ts';
import { taskFromSpec } from '../tasks/task-from-spec.ts';
import { checkLabels } from './labels.ts';
import { checkWork, workLimit } from './check-work.ts';
import { MAX_VALUES } from './limits.ts';
import type { Model } from './model.ts';
import { parseJson } from './parse-json.ts';
import { readSafetensorsMetadata, writeSafetensors, type DType } from './safetensors.ts';
import { withSafetensors } from './with-safetensors.ts';

/** The version of the format. */
const VERSION = '1';

/**
 * Writes a model as one safetensors file. Its `__metadata__` holds, as JSON, the pipeline's `spec`, the preprocessing, the
 * task and the labels. Other programs can read the weights; {@link readModel} reads the whole model.
 *
 * Throws `OptionError` for a pipeline without a declared input shape and `WeightsError` if weights are missing.
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
 * Reads a model from a file of {@link writeModel}. `T` is the result of the task that the file states: name it if the model is
 * not a classifier. `stages` are the makers of your own stages, and `maxWork` is the limit of its
 * work, as in `fromSpec`. The model uses the weights in `bytes` without a copy, so `bytes` must not change afterwards.
 *
 * Throws `WeightsError` that names the file if the file is damaged or of a later version, if its pipeline can't be built, or if
 * weights, labels or preprocessing don't fit the pipeline.
 *
 * @see {@link writeModel}, {@link importModel}
 *
 * @example
 * const bytes = writeModel(await mobilenetV1(), 'F16');
 * console.log(readModel(bytes, 'mobilenet.safetensors').name); // mobilenet-v1
 */
export function readModel<T extends object = Classification, O extends object = ClassificationOptions>(
  bytes: Uint8Array,
  file: string,
  options: Pick<FromSpecOptions, 'stages' | 'maxWork'> = {},
): Model<T, O> {
  const metadata = readSafetensorsMetadata(bytes, file);
  const wrong = (what: string, cause?: unknown) =>
    new WeightsError(`${file} is not a model file of sluice: ${what}`, { cause });
  const { sluice: version } = metadata;
  if (version === undefined) {
    throw wrong(
      'its __metadata__ has no spec. If it holds only weights, give them to a network: --model NAME --weights FILE, or withSafetensors(pipeline, …)',
    );
  }
  if (version !== VERSION)
    throw wrong(`its version is ${describeValue(version)}, but this version of sluice reads ${VERSION}`);
  const textOf = (key: string) => (Object.hasOwn(metadata, key) ? metadata[key] : undefined);
  const json = (key: string): unknown => {
    const text = textOf(key);
    if (text === undefined) throw wrong(`its __metadata__ has no ${key}`);
    return parseJson(new TextEncoder().encode(text), (what, cause) => wrong(`its ${key} ${what}`, cause));
  };
  const labels = checkLabels(json('labels'), file);
  const maxWork = workLimit(file, options.maxWork);
  try {
    const built = fromSpec(json('spec') as Spec, { ...options, maxWork: Infinity });
    if (built.spec.op !== 'pipeline') throw wrong(`its spec is a ${built.spec.op}, not a pipeline`);
    const unweighted = built as unknown as Model['pipeline'];
    // A short file can claim any sizes, so they are checked. Activations are the bytes of input and output together.
    const large = unweighted.summary().rows.find(({ activations }) => activations > 8 * MAX_VALUES);
    if (large) throw wrong(`its stage ${large.stage} has an input or output of more than ${MAX_VALUES} values`);
    checkWork(file, unweighted, maxWork);
    const pipeline = withSafetensors(unweighted, bytes, file);
    const prepare = json('preprocess') as Model['preprocess'];
    if (typeof prepare !== 'object' || prepare === null) throw wrong(`its preprocess is ${describeValue(prepare)}`);
    const name = metadata['name'] ?? pipeline.name;
    // Older files have no task. They hold classifiers.
    const task: Task = textOf('task') === undefined ? classification() : taskFromSpec(json('task'));
    const model = { name, pipeline, preprocess: prepare, task, labels };
    checkFit(model);
    return model as Model<object, object> as Model<T, O>;
  } catch (cause) {
    throw cause instanceof WeightsError ? cause : wrong(messageOf(cause), cause);
  }
}

/** Throws unless the pipeline accepts preprocessed pictures and the task can read its output with the labels. */
function checkFit({ pipeline, preprocess: prepare, task, labels }: Model<object, object>): void {
  const { width, height } = resolveResize(prepare);
  const input = preprocess(prepare).outputShape([1, height, width, 3]);
  const output = pipeline.outputShape(input);
  try {
    checkShapes(task.reader(labels), outputShapesThrough(pipeline.parts, input), output);
  } catch (error) {
    throw error instanceof ShapeError ? new OptionError(`its task ${error.message}`, { cause: error }) : error;
  }
}
