import { checkOptions } from '../../errors/check-options.ts';
import type { Classification } from '../../tasks/classification/class-scores.ts';
import { clockTime, cueWriter } from './cues.ts';
import type { ResultWriter } from './result-writer.ts';
import { taskOrDefault } from '../../tasks/task-or-default.ts';
import { WRITER_OPTION_NAMES, type WriterOptions } from './writer-task.ts';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * Makes a writer of WebVTT subtitles, for `<track>`. Each segment of frames with the same first caption (for classification:
 * the best class) is a cue, with times in milliseconds. Frames without a caption have no cue. The last cue ends one frame
 * after the last frame; the cue of a source with a single frame lasts a second. A result of a second source throws an
 * `OptionError`.
 *
 * @see {@link srtWriter}, {@link segments}
 *
 * @example
 * const file = webvttWriter().open();
 * const text = file.write({ ...result, classes: [{ index: 1, label: 'cat & dog', score: 0.5 }] }) + file.end();
 * console.log(text.split('\n')); // [ 'WEBVTT', '', '00:00:00.000 --> 00:00:01.000', 'cat &amp; dog', '', '' ]
 */
export function webvttWriter<T extends object = Classification>(
  options: WriterOptions<T> = {},
): ResultWriter<string, T> {
  checkOptions<WriterOptions<T>>('webvttWriter', options, WRITER_OPTION_NAMES);
  return cueWriter('webvtt', taskOrDefault(options.task), 'WEBVTT\n\n', ({ start, end, label }) => {
    // An empty line would end the cue, and `-->` would begin a new one.
    const text = label.replaceAll(/[\r\n]+/g, ' ').replaceAll(/[&<>]/g, (character) => ENTITIES[character] ?? '');
    return `${clockTime(start, '.')} --> ${clockTime(end, '.')}\n${text}\n\n`;
  });
}
