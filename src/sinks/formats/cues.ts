import { OptionError } from '../../errors/errors.ts';
import { OpenSegment, type Segment } from '../../tasks/open-segment.ts';
import type { Task } from '../../tasks/task.ts';
import type { ResultWriter } from './result-writer.ts';

/** A subtitle. Its times are whole milliseconds. */
export interface Cue {
  readonly number: number;
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

/** The duration of the cue of a source with a single frame, whose length is unknown. */
const SOLE_FRAME_MS = 1000;

/**
 * Makes a writer of subtitles: each segment of results with the same first caption becomes a cue. A file of subtitles belongs
 * to one video, so a result of a second source throws an `OptionError`, as does a task without captions.
 */
export function cueWriter<T extends object>(
  format: string,
  task: Pick<Task<T>, 'kind' | 'captions' | 'hasCaptions'>,
  head: string,
  toText: (cue: Cue) => string,
): ResultWriter<string, T> {
  if (task.hasCaptions === false) {
    throw new OptionError(
      `a ${format} file holds captions, but results of the task ${task.kind} have none: write ndjson, json, csv or parquet`,
    );
  }
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
              `a ${format} file holds the labels of one source, but got results of ${source} and ${result.source}: write a file for each`,
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
  // A cue must be at least 1 ms long.
  const to = end > start ? Math.max(milliseconds(end), from + 1) : from + SOLE_FRAME_MS;
  return { number, start: from, end: to, label };
}

/** Rounds to milliseconds. Subtitles have no negative times. */
function milliseconds(microseconds: number): number {
  return Math.max(0, Math.round(microseconds / 1000));
}

/** Formats a time: `01:02:03.456`. Hours have two or more digits. */
export function clockTime(milliseconds: number, point: '.' | ','): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const seconds = milliseconds / 1000;
  const rest = String(milliseconds % 1000).padStart(3, '0');
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}${point}${rest}`;
}
