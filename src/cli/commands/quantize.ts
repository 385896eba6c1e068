import { existsSync, realpathSync } from 'node:fs';
import { concat } from 'rxjs';
import { findInputs } from '../../batch/inputs.ts';
import { useEngine } from '../../engines/engine.ts';
import type { EngineName } from '../../engines/engine-types.ts';
import { OptionError } from '../../errors/errors.ts';
import { picked } from '../../errors/picked.ts';
import { writeModel } from '../../models/model-file.ts';
import type { ModelChoice } from '../../models/model-choice.ts';
import { loadModel } from '../../models/named-model.ts';
import type { Model } from '../../models/model.ts';
import { writeOnnx } from '../../onnx/write-onnx.ts';
import { quantize } from '../../quantization/quantize.ts';
import type { RangeMethod } from '../../quantization/quantize-options.ts';
import { commitWith } from '../../sinks/files/commit-with.ts';
import { OutputFile } from '../../sinks/files/output-file.ts';
import { videoFile } from '../../sources/video-file.ts';
import { note, warn } from '../messages.ts';
import { print } from '../output.ts';
import { quantizationText } from '../report/quantization-text.ts';

/** The parsed options of `sluice quantize`. */
export interface QuantizeCommand extends ModelChoice {
  readonly calibrate: readonly string[];
  readonly out: string;
  readonly method: RangeMethod;
  readonly percentile?: number;
  readonly frames: number;
  readonly keepFloat?: readonly string[];
  readonly maxLoss?: number;
  readonly ffmpeg?: string;
  readonly engine: EngineName | 'auto';
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Quantizes a model, writes it and prints what it costs. Resolves to the exit code. */
export async function quantizeModel(command: QuantizeCommand): Promise<number> {
  const {
    calibrate,
    out: file,
    method,
    percentile,
    frames,
    keepFloat,
    maxLoss,
    ffmpeg,
    engine,
    quiet = false,
  } = command;
  if (command.precision !== undefined) throw new OptionError('quantize begins with floats: leave out --precision');
  const write = writerFor(file);
  const say = quiet ? () => undefined : note;
  const inputs = await findInputs(calibrate, (kind, message) => (kind === 'warning' ? warn : say)(message));
  checkOut(file, [command.model, ...inputs.map(({ name }) => name)]);
  const model = await loadModel(command, warn);
  // What can't be written is said before the work. An interruption meanwhile leaves no file behind.
  new OutputFile(file).discard();
  await useEngine(engine);
  const pictures = inputs.map(({ location, name }) =>
    videoFile(location ?? name, { resize: model.preprocess, threads: 1, ...picked({ ffmpeg }) }),
  );
  const { model: small, report } = await quantize(model, concat(...pictures), {
    method,
    maxFrames: frames,
    onWarning: warn,
    ...picked({ percentile, keepFloat, maxLoss }),
  });
  const bytes = write(small);
  commitWith(new OutputFile(file), bytes);
  print(process.stdout, command.json === true ? `${JSON.stringify(report)}\n` : quantizationText(report));
  say(`${file}: ${small.name} with integers of 8 bits, ${(bytes.length / 1e6).toFixed(1)} MB`);
  return 0;
}

/** What writes a model in the format that the file's name says. Throws `OptionError` for another name. */
function writerFor(file: string): (model: Model<object, object>) => Uint8Array {
  if (file.endsWith('.safetensors')) return (model) => writeModel(model);
  if (!file.endsWith('.onnx')) {
    throw new OptionError(
      `--out ${file}: the name must end in .onnx or .safetensors, which says in what format it is written`,
    );
  }
  return ({ pipeline, preprocess, labels }) =>
    writeOnnx(pipeline, { metadata: { preprocess: JSON.stringify(preprocess), labels: JSON.stringify(labels) } });
}

/** Throws `OptionError` if the file is one of those that are read. */
function checkOut(file: string, read: readonly string[]): void {
  if (!existsSync(file)) return;
  const target = realpathSync(file);
  const same = read.find((one) => existsSync(one) && realpathSync(one) === target);
  if (same !== undefined) throw new OptionError(`--out ${file} is ${same}, which is read: give another name`);
}
