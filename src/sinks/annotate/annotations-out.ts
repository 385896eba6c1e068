import { Subject, type Observable } from 'rxjs';
import type { StoredResult } from '../../tasks/frame-result.ts';
import type { Task } from '../../tasks/task.ts';
import { OptionError } from '../../errors/errors.ts';
import { picked } from '../../errors/picked.ts';
import { isTemplate, outPaths } from '../files/out-template.ts';
import { checkFolders, makeFolder } from '../files/output-folder.ts';
import { refuseInputAsOutput } from '../files/output-is-input.ts';
import { checkWritable } from '../files/byte-sink.ts';
import type { ResultsOut } from '../files/results-out.ts';
import { AnnotatedVideo, type AnnotatedPart, type DrawResult } from './annotated-video.ts';
import { loadOverlay, type DrawOverlay } from './draw-overlay.ts';

/** Options of annotated videos: the task, and which part of the video to decode. */
export interface AnnotateOptions extends AnnotatedPart {
  /** The task whose results are drawn. */
  readonly task: Task;
  /** The task's options, which select what is drawn of each result. */
  readonly taskOptions: object;
  /** Where inputs are read whose names do not say it. */
  readonly locations?: ReadonlyMap<string, string>;
}

/**
 * Checks the paths of annotated videos, loads the package that draws, and returns a function that opens the output. `annotate`
 * is the path of an `.mp4` file or, for several videos, a template.
 *
 * Throws `OptionError` for a task without captions, for another format, for one file for several videos, and for an input as output. Throws `SluiceError`
 * (`output`) if the package is missing; the returned function throws it if a file can't be written.
 */
export async function prepareAnnotations(
  inputs: readonly string[],
  annotate: string,
  options: AnnotateOptions,
): Promise<() => ResultsOut> {
  if (!/\.(mp4|m4v|\{ext\})$/i.test(annotate)) {
    throw new OptionError(`--annotate ${annotate}: the file must be an .mp4 file`);
  }
  if (!isTemplate(annotate) && inputs.length > 1) {
    throw new OptionError(
      `--annotate ${annotate} is one file, but there are ${inputs.length} inputs: write a file for each, as with --annotate '{dir}/{name}-labels.mp4'`,
    );
  }
  if (options.task.hasCaptions === false) {
    throw new OptionError(`--annotate draws captions, but results of the task ${options.task.kind} have none`);
  }
  const paths = annotatedPaths(inputs, annotate);
  refuseInputAsOutput(inputs, [...paths.values()], '--annotate');
  const draw = await loadOverlay();
  return () => {
    if (isTemplate(annotate)) checkFolders(paths.values());
    else checkWritable(annotate);
    return new AnnotationsOut(paths, isTemplate(annotate), draw, options);
  };
}

/** The path of the annotated video of each input. */
export function annotatedPaths(inputs: readonly string[], annotate: string): ReadonlyMap<string, string> {
  return isTemplate(annotate)
    ? outPaths(annotate, inputs, 'mp4', '--annotate')
    : new Map(inputs.map((input) => [input, annotate]));
}

/** Writes an annotated copy of each source. */
class AnnotationsOut implements ResultsOut {
  readonly isStdout = false;
  readonly failure: Observable<never>;
  readonly #failed = new Subject<never>();
  readonly #paths: ReadonlyMap<string, string>;
  readonly #makesFolders: boolean;
  readonly #draw: DrawOverlay;
  readonly #options: AnnotateOptions;
  readonly #whole = new Map<string, boolean>();
  readonly #videos = new Set<AnnotatedVideo>();
  #open: { readonly source: string; readonly video: AnnotatedVideo } | undefined;

  constructor(paths: ReadonlyMap<string, string>, makesFolders: boolean, draw: DrawOverlay, options: AnnotateOptions) {
    this.failure = this.#failed;
    this.#makesFolders = makesFolders;
    this.#paths = paths;
    this.#draw = draw;
    this.#options = options;
  }

  write(result: StoredResult<object>): void {
    if (this.#open?.source !== result.source) {
      this.#close();
      this.#open = { source: result.source, video: this.#begin(result.source) };
    }
    const { task, taskOptions } = this.#options;
    this.#open.video.write({ ...result, ...task.select(result, taskOptions) });
  }

  ended(source: string, whole: boolean): void {
    this.#whole.set(source, whole);
  }

  room(): Promise<void> | undefined {
    // The previous video must be complete before the next one gets results.
    const before = [...this.#videos].find((video) => video !== this.#open?.video);
    return before ? before.done.catch(() => undefined) : this.#open?.video.room();
  }

  async commit(): Promise<readonly string[]> {
    this.#close();
    await Promise.all([...this.#videos].map(({ done }) => done));
    return [];
  }

  keepPartial(): readonly string[] {
    this.discard();
    return [];
  }

  discard(): void {
    for (const video of this.#videos) video.end(false);
    this.#open = undefined;
  }

  #begin(source: string): AnnotatedVideo {
    const target = this.#paths.get(source);
    if (target === undefined) throw new Error(`got a result of ${source}, which is not an input`);
    if (this.#makesFolders) makeFolder(target);
    const { task, start, end, stream, allowPlaylists, ffmpeg, toneMap, maxPixels, locations } = this.#options;
    const draw: DrawResult = (picture, result) => this.#draw(picture, task.overlay(result, picture));
    const reading = picked({ start, end, stream, allowPlaylists, ffmpeg, toneMap, maxPixels });
    const video = new AnnotatedVideo(locations?.get(source) ?? source, target, draw, reading);
    this.#videos.add(video);
    video.done.then(
      () => this.#videos.delete(video),
      (error: unknown) => this.#failed.error(error),
    );
    return video;
  }

  #close(): void {
    const open = this.#open;
    this.#open = undefined;
    open?.video.end(this.#whole.get(open.source) === true);
  }
}
