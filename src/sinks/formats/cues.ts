import { OptionError } from '../../errors/errors.ts';
import { OpenSegment, type Segment } from '../../tasks/open-segment.ts';
import type { Task } from '../../tasks/task.ts';
import type { ResultWriter } from './result-writer.ts';

/** A line of subtitles: its text from one time to another, in whole milliseconds. */
export interface Cue {
  readonly number: number;
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

/** The length of a source's only frame is unknown; a photo's label should be readable. */
const SOLE_FRAME_MS = 1000;

/**
 * A writer of subtitles: segments of results with the same first caption become cues. A file of subtitles belongs to one
 * video, so results of a second source are an `OptionError`.
 */
export function cueWriter<T extends object>(
  format: string,
  task: Pick<Task<T>, 'captions'>,
  head: string,
  toText: (cue: Cue) => string,
): ResultWriter<string, T> {
  return {
    open() {
      let source: string | undefined;
      let number = 0;
      let text = head;
      const segment = new OpenSegment(task, (whole) => (text += toText(toCue(whole, ++number))));
      const take = () => {
        const piece = text;
        text = '';
        return piece;
      };
      return {
        write(result) {
          source ??= result.source;
          if (result.source !== source) {
            throw new OptionError(
              `${format} holds the labels of one file, but those of ${result.source} came after ${source}'s: write a file for each`,
            );
          }
          segment.take(result);
          return take();
        },
        end() {
          segment.close();
          return take();
        },
      };
    },
  };
}

function toCue({ label, start, end }: Segment, number: number): Cue {
  const from = milliseconds(start);
  // A cue must end after it begins.
  const to = end > start ? Math.max(milliseconds(end), from + 1) : from + SOLE_FRAME_MS;
  return { number, start: from, end: to, label };
}

/** Subtitles have no time before 0. */
function milliseconds(microseconds: number): number {
  return Math.max(0, Math.round(microseconds / 1000));
}

/** `01:02:03.456`; hours have as many digits as they need. */
export function clockTime(milliseconds: number, point: '.' | ','): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const seconds = milliseconds / 1000;
  const rest = String(milliseconds % 1000).padStart(3, '0');
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}${point}${rest}`;
}
