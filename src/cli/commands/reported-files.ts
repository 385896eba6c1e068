import { SluiceError } from '../../errors/errors.ts';
import { picked } from '../../errors/picked.ts';
import type { PreprocessOptions } from '../../preprocess/preprocess.ts';
import { printable } from '../../sinks/formats/invisible.ts';
import type { SourceWarning } from '../../sources/ffmpeg/decode-options.ts';
import type { NamedSource } from '../../sources/source-name.ts';
import { VideoSource } from '../../sources/video-file.ts';
import { errorText } from '../error-text.ts';
import type { Progress } from '../progress/progress.ts';
import { expectedFrames } from './expected-frames.ts';
import { readingOf, type ReadingOptions } from './file-reading.ts';

const MAX_FRAME_WARNINGS = 5;
/** Ctrl-C also ends the decoder. This delay lets the interruption end the run before the decoder's end counts as a failure. */
export const INTERRUPTION_MS = 50;

/** Opens the files of a run, shows how far each of them is, and says and counts what fails. */
export class ReportedFiles {
  failedFiles = 0;
  failedFrames = 0;
  readonly #command: ReadingOptions & { readonly quiet?: boolean };
  readonly #progress: Progress;
  /** What was said of hardware: once for all files. */
  readonly #ofHardware = new Set<string>();

  constructor(command: ReadingOptions & { readonly quiet?: boolean }, progress: Progress) {
    this.#command = command;
    this.#progress = progress;
  }

  /** Opens number `index` of the files. A frame that fails does not end its stream. */
  open(files: readonly NamedSource[], index: number, resize?: PreprocessOptions): VideoSource {
    const { name, location } = files[index] as NamedSource;
    const source = new VideoSource(
      location,
      {
        ...readingOf(this.#command),
        ...picked({ resize }),
        onError: 'skip',
        // The reader of the results, such as a pager, may pause for any time.
        leaseTimeout: Infinity,
        onWarning: (warning) => this.#warn(warning),
      },
      name,
    );
    source.failures.subscribe(({ error }) => this.#frameFailed(error));
    const counter = files.length > 1 ? `[${index + 1}/${files.length}] ` : '';
    void this.#showProgress(counter + printable(name), source);
    return source;
  }

  #frameFailed(error: Error): void {
    this.failedFrames++;
    if (this.failedFrames <= MAX_FRAME_WARNINGS) this.say(`warning: ${error.message}`);
    if (this.failedFrames === MAX_FRAME_WARNINGS + 1) {
      this.say('warning: more frames failed, which are only counted');
    }
  }

  /** Says that a file could not be read to the end. Call it {@link INTERRUPTION_MS} later, if the run still goes on. */
  fileFailed(name: string, error: unknown): void {
    this.failedFiles++;
    this.#progress.stop();
    // The message of a SluiceError names the file.
    this.say(`error: ${error instanceof SluiceError ? '' : `${name}: `}${errorText(error)}`);
  }

  say(line: string): void {
    this.#progress.say(`sluice: ${printable(line)}`);
  }

  #warn({ code, message }: SourceWarning): void {
    // This warning is not about the results, so --quiet hides it.
    if (code === 'old-ffmpeg' && this.#command.quiet) return;
    if (code === 'hwaccel') {
      if (this.#ofHardware.has(message)) return;
      this.#ofHardware.add(message);
    }
    this.say(`warning: ${message}`);
  }

  async #showProgress(title: string, source: VideoSource): Promise<void> {
    try {
      const { sample, start, end } = this.#command;
      const info = await source.info();
      this.#progress.start(title, sample === undefined ? expectedFrames(info, start, end) : undefined);
    } catch {
      // The stream of frames reports the error.
    }
  }
}
