import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Ffmpeg } from '../sources/ffmpeg/locate.ts';
import { describeInput, type Input } from './inputs.ts';
import type { LabelOptions } from './label-options.ts';
import type { Ready } from './worker-task.ts';

/** All that a job's results depend on. Two runs with the same manifest give the same bytes. */
export interface Manifest {
  /** Of this file and of the parts. */
  readonly format: 1;
  readonly sluice: string;
  readonly engine: string;
  readonly ffmpeg: string;
  readonly options: LabelOptions;
  /** The files that the model is made of. */
  readonly model: readonly Input[];
  readonly inputs: readonly Input[];
}

/** What a job is made of, before it begins. */
export interface JobParts {
  readonly inputs: readonly Input[];
  readonly options: LabelOptions;
  readonly ready: Ready;
  readonly ffmpeg: Ffmpeg;
  readonly version: string;
}

export function manifestOf({ inputs, options, ready, ffmpeg, version }: JobParts): Manifest {
  const files = [options.model, options.weights, options.labels].flatMap((name) => filesAt(name));
  return {
    format: 1,
    sluice: version,
    engine: ready.engine.name,
    ffmpeg: ffmpeg.version,
    options: inOneOrder({ ...options, batch: ready.batch }),
    model: files,
    inputs,
  };
}

/** The same options are the same text, in whatever order they were given. */
function inOneOrder(options: LabelOptions): LabelOptions {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))) as unknown as LabelOptions;
}

/** Names the folder of a job's parts, so that those of another job are never taken for its own. */
export function digestOf(manifest: Manifest): string {
  return createHash('sha256').update(JSON.stringify(manifest)).digest('hex').slice(0, 16);
}

/** What is different, as sentences; empty where nothing is. */
export function differences(before: Manifest, now: Manifest): string[] {
  const [old, current] = [flat(before.options), flat(now.options)];
  return [
    ...changed('the version of sluice', before.sluice, now.sluice),
    ...changed('the engine', before.engine, now.engine),
    ...changed('the version of ffmpeg', before.ffmpeg, now.ffmpeg),
    ...Object.keys({ ...old, ...current }).flatMap((name) => changed(name, old[name], current[name])),
    ...otherFiles(before.model, now.model),
    ...otherFiles(before.inputs, now.inputs),
  ];
}

/** The options as text, by name; those of the task among them, as they were given. */
function flat({ taskOptions, ...options }: LabelOptions): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ ...options, ...taskOptions }).map(([name, value]) => [name, JSON.stringify(value)]),
  );
}

function changed(what: string, before: string | undefined, now: string | undefined): string[] {
  return before === now ? [] : [`${what} was ${before ?? 'not given'} and is ${now ?? 'not given'}`];
}

function otherFiles(before: readonly Input[], now: readonly Input[]): string[] {
  const old = new Map(before.map((input) => [input.name, input]));
  const names = new Set(now.map(({ name }) => name));
  const found = [
    ...before.filter(({ name }) => !names.has(name)).map(({ name }) => `${name} is no longer among the files`),
    ...now.flatMap((input) => {
      const was = old.get(input.name);
      if (!was) return [`${input.name} was not among the files`];
      if (was.bytes !== null && input.bytes === null) return [`${input.name} is gone`];
      if (was.bytes === input.bytes && was.modified === input.modified) return [];
      return [was.bytes === null ? `${input.name} was not there` : `${input.name} has changed`];
    }),
  ];
  const sameOrder = before.every(({ name }, i) => name === now[i]?.name);
  return found.length > 0 || sameOrder ? found : ['the files come in another order'];
}

/** A model's own files: itself, or all in its folder. */
function filesAt(name: string | undefined): Input[] {
  if (name === undefined) return [];
  const stats = statSync(name, { throwIfNoEntry: false });
  if (stats?.isFile()) return [describeInput(name), ...siblings(name)];
  return stats?.isDirectory() ? inside(name) : [];
}

/** The weights of a model.json lie beside it. */
function siblings(name: string): Input[] {
  return path.basename(name) === 'model.json' ? inside(path.dirname(name)).filter((one) => one.name !== name) : [];
}

function inside(folder: string): Input[] {
  const names = readdirSync(folder).toSorted();
  return names.map((name) => describeInput(path.join(folder, name))).filter(({ bytes }) => bytes !== null);
}
