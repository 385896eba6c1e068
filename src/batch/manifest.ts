import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { mainFileIn } from '../models/main-file.ts';
import type { Ffmpeg } from '../sources/ffmpeg/locate.ts';
import { sourceName } from '../sources/source-name.ts';
import { describeInput, type Input } from './inputs.ts';
import type { LabelOptions } from './label-options.ts';
import { hasFields, isListOf, isNumber, isText } from './read-back.ts';
import { nameInJob } from './task-option-names.ts';
import type { WorkerReady } from './worker-task.ts';

/** All that the results of a job depend on. Two runs with equal manifests give the same bytes. */
export interface Manifest {
  /** The version of the format of the job folder. */
  readonly format: 1;
  readonly sluice: string;
  readonly engine: string;
  readonly ffmpeg: string;
  readonly options: LabelOptions;
  /** The files of the model. */
  readonly model: readonly Input[];
  readonly inputs: readonly Input[];
}

/** Whether a value that was read back is a manifest. */
export function isManifest(value: unknown): value is Manifest {
  const isObject = (field: unknown) => hasFields(field, {});
  const files = isListOf((file) => hasFields(file, { name: isText, bytes: isSize, modified: isSize }));
  return hasFields(value, {
    ...{ format: (given: unknown) => given === 1, sluice: isText, engine: isText, ffmpeg: isText },
    ...{ options: (given: unknown) => hasFields(given, { taskOptions: isObject }), model: files, inputs: files },
  });
}

const isSize = (value: unknown) => value === null || isNumber(value);

/** What a manifest is made from. */
export interface ManifestSources {
  readonly inputs: readonly Input[];
  readonly options: LabelOptions;
  readonly ready: WorkerReady;
  readonly ffmpeg: Ffmpeg;
  readonly version: string;
}

/** Makes the manifest of a job. */
export function manifestOf({ inputs, options, ready, ffmpeg, version }: ManifestSources): Manifest {
  const files = [options.model, options.weights, options.labels].flatMap((name) => filesAt(name));
  return {
    format: 1,
    sluice: version,
    engine: ready.engine.name,
    ffmpeg: ffmpeg.version,
    // Where ffmpeg is does not matter; its version does. Limits change no result: what they refuse fails.
    options: sortedOptions({
      ...options,
      ...withoutPasswords(options),
      batch: ready.batch,
      ffmpeg: undefined,
      hwaccel: options.hwaccel === 'none' ? undefined : options.hwaccel,
      maxWork: undefined,
      allowPlaylists: undefined,
    }),
    model: files,
    inputs: inputs.map(({ name, bytes, modified }) => ({ name, bytes, modified })),
  };
}

/** The files of the model, which may be URLs. */
function withoutPasswords({ model, weights, labels }: LabelOptions): Partial<LabelOptions> {
  return {
    model: sourceName(model),
    ...(weights === undefined ? {} : { weights: sourceName(weights) }),
    ...(labels === undefined ? {} : { labels: sourceName(labels) }),
  };
}

/** Sorts options by name, so that the order in which they were given does not matter. */
function sortedOptions(options: { [Name in keyof LabelOptions]: LabelOptions[Name] | undefined }): LabelOptions {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))) as unknown as LabelOptions;
}

/**
 * Returns the name of the folder of a job's parts. Parts of another job are in another folder. It does not depend on the states
 * of the input files, which each part names: a file that was missing may be there when the job goes on.
 */
export function digestOf({ inputs, ...job }: Manifest): string {
  const names = inputs.map(({ name }) => name);
  return createHash('sha256')
    .update(JSON.stringify({ ...job, inputs: names }))
    .digest('hex')
    .slice(0, 16);
}

/** Returns the differences between two manifests, as sentences. Empty if there are none. */
export function differences(before: Manifest, now: Manifest): string[] {
  const [old, current] = [flat(before.options), flat(now.options)];
  return [
    ...difference('the version of sluice', before.sluice, now.sluice),
    ...difference('the engine', before.engine, now.engine),
    ...difference('the version of ffmpeg', before.ffmpeg, now.ffmpeg),
    ...Object.keys({ ...old, ...current }).flatMap((name) => difference(name, old[name], current[name])),
    ...fileDifferences(before.model, now.model),
    ...fileDifferences(before.inputs, now.inputs),
  ];
}

/** The options as text, by name; those of the task among them, as they were given. */
function flat({ taskOptions, ...options }: LabelOptions): Record<string, string> {
  const ofTask = Object.entries(taskOptions).map(([name, value]) => [nameInJob(name), value] as const);
  return Object.fromEntries(
    [...Object.entries(options), ...ofTask].map(([name, value]) => [name, JSON.stringify(value)]),
  );
}

/** `before` and `now` are undefined for what was not given. */
function difference(what: string, before: string | undefined, now: string | undefined): string[] {
  return before === now ? [] : [`${what} was ${before ?? 'not given'} and is ${now ?? 'not given'}`];
}

function fileDifferences(before: readonly Input[], now: readonly Input[]): string[] {
  const old = new Map(before.map((input) => [input.name, input]));
  const names = new Set(now.map(({ name }) => name));
  const found = [
    ...before.filter(({ name }) => !names.has(name)).map(({ name }) => `${name} is no longer among the files`),
    ...now.flatMap((input) => {
      const was = old.get(input.name);
      if (!was) return [`${input.name} was not among the files`];
      if (was.bytes !== null && input.bytes === null) return [`${input.name} is gone`];
      // A file that was missing may be there now.
      if (was.bytes === null || (was.bytes === input.bytes && was.modified === input.modified)) return [];
      return [`${input.name} has changed`];
    }),
  ];
  const sameOrder = before.every(({ name }, i) => name === now[i]?.name);
  return found.length > 0 || sameOrder ? found : ['the files come in another order'];
}

/** Returns the files of a model: the file itself and those beside it that count, or all files of the folder. */
function filesAt(name: string | undefined): Input[] {
  if (name === undefined) return [];
  const stats = statSync(name, { throwIfNoEntry: false });
  if (stats?.isFile()) return [describeInput(name), ...siblings(name)];
  if (!stats?.isDirectory()) return [];
  // Its main file may be in a folder inside, as in those of Hugging Face.
  const inner = path.dirname(mainFileIn(name));
  return path.relative(name, inner) === '' ? filesIn(name) : [...filesIn(name), ...filesIn(inner)];
}

/** Files beside a model that state how its pictures are prepared, and its labels. */
const SETTINGS = ['metadata.json', 'config.json', 'preprocessor_config.json', 'labels.txt'];

/**
 * Returns the files beside a model that its results depend on: for a `model.json` all of them, since it has its weights there, for
 * any other file those that state settings; for `onnx/model.onnx` they may be in the folder above.
 */
function siblings(name: string): Input[] {
  const folder = path.dirname(name);
  if (path.basename(name) === 'model.json') return filesIn(folder).filter((one) => one.name !== name);
  const folders = path.basename(folder) === 'onnx' ? [folder, path.dirname(folder)] : [folder];
  return present(folders.flatMap((one) => SETTINGS.map((file) => path.join(one, file))));
}

function filesIn(folder: string): Input[] {
  return present(
    readdirSync(folder)
      .toSorted()
      .map((name) => path.join(folder, name)),
  );
}

/** Those of the paths that are files. */
function present(paths: readonly string[]): Input[] {
  return paths.map(describeInput).filter(({ bytes }) => bytes !== null);
}
