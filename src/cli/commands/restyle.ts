import path from 'node:path';
import { concat, defer, firstValueFrom, lastValueFrom, map, merge, takeUntil, tap, type Observable } from 'rxjs';
import type { LabelOptions } from '../../batch/label-options.ts';
import { useEngine } from '../../engines/engine.ts';
import { OptionError, SluiceError } from '../../errors/errors.ts';
import { aborted } from '../../frames/aborted.ts';
import type { Model } from '../../models/model.ts';
import { loadModel } from '../../models/named-model.ts';
import { repaint } from '../../models/repaint/repaint.ts';
import { isTemplate, outPaths } from '../../sinks/files/out-template.ts';
import { checkFolders, makeFolder } from '../../sinks/files/output-folder.ts';
import { refuseInputAsOutput } from '../../sinks/files/output-is-input.ts';
import { imagesOut } from '../../sinks/pictures/images-out.ts';
import { videoOut } from '../../sinks/pictures/video-out.ts';
import { visibleJson } from '../../sinks/formats/invisible.ts';
import { locateFfmpeg } from '../../sources/ffmpeg/locate.ts';
import { namedSources, type NamedSource } from '../../sources/source-name.ts';
import { VideoSource } from '../../sources/video-file.ts';
import type { PaintedPicture } from '../../tasks/picture/painted-picture.ts';
import { errorText } from '../error-text.ts';
import { note, warn } from '../messages.ts';
import { print } from '../output.ts';
import { createProgress } from '../progress/create-progress.ts';
import type { Progress } from '../progress/progress.ts';
import { expectedFrames } from './expected-frames.ts';
import { readingOf, sampled, type ReadingOptions } from './file-reading.ts';
import { interruption } from './interruption.ts';
import { checkCommand } from './task-commands.ts';

/** The parsed options of `sluice restyle`. */
export interface RestyleCommand extends Omit<LabelOptions, 'batch' | 'taskOptions'>, ReadingOptions {
  readonly out: string;
  readonly format: 'png' | 'jpeg' | 'webp';
  readonly quality?: number;
  readonly tile?: number;
  readonly overlap?: number;
  readonly pictureRange?: readonly [number, number];
  readonly quiet?: boolean;
}

const VIDEO = /\.(mp4|m4v|\{ext\})$/i;
const PICTURE = /\.(jpe?g|png|webp|bmp|tiff?|heic|avif)$/i;

/** Makes new pictures of the frames of files. Resolves to the exit code. */
export async function restyleFiles(files: readonly string[], command: RestyleCommand): Promise<number> {
  const ending = new AbortController();
  const run = defer(() => restyleAll(namedSources(files), command, ending.signal));
  const code = await firstValueFrom(merge(interruption(), run));
  if (code > 128) {
    ending.abort();
    note('interrupted');
  }
  return code;
}

async function restyleAll(
  sources: readonly NamedSource[],
  command: RestyleCommand,
  signal: AbortSignal,
): Promise<number> {
  const { engine, ffmpeg, quiet = false, pictureRange: range, ...choice } = command;
  const targets = targetsOf(
    sources.map(({ name }) => name),
    command,
  );
  await locateFfmpeg(ffmpeg);
  const task = range ? { task: { kind: 'picture', range } } : {};
  const model = await loadModel({ ...choice, ...task }, warn, signal);
  checkCommand('restyle', command.model, model.task);
  await useEngine(engine);
  signal.throwIfAborted();
  const progress = createProgress(process.stderr, quiet);
  let failed = 0;
  for (const [i, source] of sources.entries()) {
    const counter = sources.length > 1 ? `[${i + 1}/${sources.length}] ` : '';
    try {
      const painted = restyled(source, model as never, targets.get(source.name) ?? '', command, progress, counter);
      failed += await ended(painted, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      progress.stop();
      progress.say(`sluice: error: ${error instanceof SluiceError ? '' : `${source.name}: `}${errorText(error)}`);
      failed++;
    }
    progress.done();
  }
  progress.stop();
  return failed > 0 ? 1 : 0;
}

/** Waits for the end. An interruption ends the stream. */
async function ended(stream: Observable<number>, signal: AbortSignal): Promise<number> {
  const failures = await lastValueFrom(stream.pipe(takeUntil(aborted(signal))), { defaultValue: 0 });
  signal.throwIfAborted();
  return failures;
}

/** Where the pictures of each input go: the path of a video, or a folder. Throws `OptionError`. */
function targetsOf(names: readonly string[], { out }: RestyleCommand): ReadonlyMap<string, string> {
  if (!VIDEO.test(out)) {
    if (PICTURE.test(out)) {
      throw new OptionError(
        `--out ${out} is a picture: give a folder, such as ${path.dirname(out)}${path.sep}, with --format`,
      );
    }
    if (isTemplate(out)) throw new OptionError(`--out ${out}: a template is for videos, and ends in .mp4 or {ext}`);
    checkFolders([path.join(out, 'x')]);
    return new Map(names.map((name) => [name, out]));
  }
  if (!isTemplate(out) && names.length > 1) {
    throw new OptionError(
      `--out ${out} is one file, but there are ${names.length} inputs: write a file for each, as with --out '{dir}/{name}-new.{ext}'`,
    );
  }
  const paths = isTemplate(out) ? outPaths(out, names, 'mp4') : new Map(names.map((name) => [name, out]));
  refuseInputAsOutput(names, [...paths.values()]);
  checkFolders(paths.values());
  return paths;
}

/** Writes the pictures of one input. Emits how many frames failed when all are written. */
function restyled(
  { name, location }: NamedSource,
  model: Model<PaintedPicture, object>,
  target: string,
  command: RestyleCommand,
  progress: Progress,
  counter: string,
): Observable<number> {
  const { start, end, tile: size, overlap, format, quality, ffmpeg } = command;
  const say = (message: string) => progress.say(`sluice: warning: ${message}`);
  const source = new VideoSource(
    location,
    { ...readingOf(command), onError: 'skip', leaseTimeout: Infinity, onWarning: ({ message }) => say(message) },
    name,
  );
  let failures = 0;
  source.failures.subscribe(({ error }) => {
    failures++;
    say(error.message);
  });
  void source.info().then(
    (info) => progress.start(`${counter}${name}`, expectedFrames(info, start, end)),
    () => undefined,
  );
  const tile = { ...(size === undefined ? {} : { size }), ...(overlap === undefined ? {} : { overlap }) };
  const pictures = source.pipe(
    tap({ next: () => progress.update(source.ledger.counts.produced) }),
    sampled(command),
    repaint(model, { tile }),
  );
  const isOne = PICTURE.test(name);
  const named = {
    ...(isOne ? { name: () => path.parse(name).name } : {}),
    ...(quality === undefined ? {} : { quality }),
  };
  const isVideo = VIDEO.test(command.out);
  if (isVideo) makeFolder(target);
  const written: Observable<object> = isVideo
    ? pictures.pipe(
        videoOut(target, ffmpeg === undefined ? {} : { ffmpeg }),
        map((video) => ({ source: name, ...video })),
      )
    : pictures.pipe(imagesOut(target, { format, ...named }));
  const lines = written.pipe(
    tap((line) => print(process.stdout, `${visibleJson(JSON.stringify(line))}\n`)),
    map(() => 0),
  );
  return concat(
    lines,
    defer(() => [failures]),
  );
}
