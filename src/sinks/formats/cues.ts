import { OpenSegment, type Segment } from '../../tasks/classification/open-segment.ts';
import { OptionError } from '../../errors/errors.ts';
import type { ResultWriter } from './result-writer.ts';

/** A line of subtitles: its text from one time to another, in whole milliseconds. */
export interface Cue {
  readonly number: number;
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

/** Nobody can tell how long a source's only frame was; of a photo one wants to read the label. */
const SOLE_FRAME_MS = 1000;

/**
 * A writer of subtitles: segments of equal best classes as cues. One file of subtitles belongs to one video, so results of
 * a second source are an `OptionError`.
 */
export function cueWriter(format: string, head: string, toText: (cue: Cue) => string): ResultWriter<string> {
  let source: string | undefined;
  let number = 0;
  let text = head;
  const open = new OpenSegment((segment) => (text += toText(toCue(segment, ++number))));
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
      open.take(result);
      return take();
    },
    end() {
      open.close();
      return take();
    },
  };
}

function toCue({ label, start, end }: Segment, number: number): Cue {
  const from = milliseconds(start);
  // A cue must end after it begins.
  const to = end > start ? Math.max(milliseconds(end), from + 1) : from + SOLE_FRAME_MS;
  return { number, start: from, end: to, label };
}

/** Subtitles know no time before 0. */
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
