import { setTimeout as wait } from 'node:timers/promises';
import { defer, firstValueFrom, lastValueFrom, map, merge, pipe, takeUntil, tap, type OperatorFunction } from 'rxjs';
import type { LabelOptions } from '../../batch/label-options.ts';
import { useEngine } from '../../engines/engine.ts';
import { picked } from '../../errors/picked.ts';
import { aborted } from '../../frames/aborted.ts';
import type { Frame } from '../../frames/frame.ts';
import { loadModel } from '../../models/named-model.ts';
import { repaint } from '../../models/repaint/repaint.ts';
import { makeFolder } from '../../sinks/files/output-folder.ts';
import { visibleJson } from '../../sinks/formats/invisible.ts';
import { imagesOut } from '../../sinks/pictures/images-out.ts';
import { videoOut } from '../../sinks/pictures/video-out.ts';
import { checkHwaccel } from '../../sources/ffmpeg/hwaccels.ts';
import { locateFfmpeg } from '../../sources/ffmpeg/locate.ts';
import { namedSources, type NamedSource } from '../../sources/source-name.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { note, warn } from '../messages.ts';
import { print } from '../output.ts';
import { createProgress } from '../progress/create-progress.ts';
import type { Progress } from '../progress/progress.ts';
import { sampled, type ReadingOptions } from './file-reading.ts';
import { interruption } from './interruption.ts';
import { INTERRUPTION_MS, ReportedFiles } from './reported-files.ts';
import { isVideoOut, pictureName, restyleTargets } from './restyle-targets.ts';
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

/** Makes new pictures of the frames of files. Resolves to the exit code. */
export async function restyleFiles(files: readonly string[], command: RestyleCommand): Promise<number> {
  const ending = new AbortController();
  const progress = createProgress(process.stderr, command.quiet === true);
  const run = defer(() => restyleAll(namedSources(files), command, progress, ending.signal));
  try {
    const code = await firstValueFrom(merge(interruption(), run));
    ending.abort();
    progress.stop();
    if (code > 128) note('interrupted');
    return code;
  } finally {
    progress.stop();
  }
}

async function restyleAll(
  sources: readonly NamedSource[],
  command: RestyleCommand,
  progress: Progress,
  signal: AbortSignal,
): Promise<number> {
  const { engine, ffmpeg, tile: size, overlap, pictureRange: range, out, format, ...choice } = command;
  const names = sources.map(({ name }) => name);
  const targets = restyleTargets(names, out, format);
  await checkHwaccel(await locateFfmpeg(ffmpeg), command.hwaccel);
  const task = range ? { task: { kind: 'picture', range } } : {};
  const model = await loadModel({ ...choice, ...task }, warn, signal);
  checkCommand('restyle', command.model, model.task);
  const painted = repaint(model as never, { tile: picked({ size, overlap }) });
  await useEngine(engine);
  signal.throwIfAborted();
  const reported = new ReportedFiles(command, progress);
  for (const [i, name] of names.entries()) {
    try {
      const source = reported.open(sources, i);
      const written = source.pipe(
        tap({ next: () => progress.update(source.ledger.counts.produced) }),
        sampled(command),
        painted,
        writer(name, targets.get(name) ?? '', command),
        tap((line) => print(process.stdout, `${visibleJson(JSON.stringify(line))}\n`)),
        takeUntil(aborted(signal)),
      );
      await lastValueFrom(written, { defaultValue: undefined });
      signal.throwIfAborted();
      progress.done();
    } catch (error) {
      await wait(INTERRUPTION_MS);
      signal.throwIfAborted();
      reported.fileFailed(name, error);
    }
  }
  const { failedFiles, failedFrames } = reported;
  if (failedFrames > 0) reported.say(`${failedFrames === 1 ? 'one frame' : `${failedFrames} frames`} failed`);
  return failedFiles + failedFrames > 0 ? 1 : 0;
}

/** Writes the pictures of an input. Emits what it has written. */
function writer(
  input: string,
  target: string,
  { out, format, quality, ffmpeg }: RestyleCommand,
): OperatorFunction<Frame<Pixels>, object> {
  if (!isVideoOut(out)) {
    const name = ({ seq }: { readonly seq: number }) => pictureName(input, target, seq);
    return imagesOut(out, { format, name, ...picked({ quality }) });
  }
  makeFolder(target);
  return pipe(
    videoOut(target, picked({ ffmpeg })),
    map((video) => ({ source: input, ...video })),
  );
}
