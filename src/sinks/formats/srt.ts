import { checkOptions } from '../../errors/check-options.ts';
import type { Classification } from '../../tasks/classification/class-scores.ts';
import { clockTime, cueWriter } from './cues.ts';
import type { ResultWriter } from './result-writer.ts';
import { taskOrDefault } from '../../tasks/task-or-default.ts';
import { WRITER_OPTION_NAMES, type WriterOptions } from './writer-task.ts';

/**
 * Makes a writer of SRT subtitles: the cues of {@link webvttWriter} in a format that every player reads. Throws `OptionError`.
 *
 * SRT has no escapes for `<` and `{`, which some players read as markup, and for `-->`, which separates times. The writer
 * inserts an invisible word joiner (U+2060) into them, so that players show the text as it is.
 *
 * @see {@link webvttWriter}, {@link segments}
 *
 * @example
 * const file = srtWriter().open();
 * const text = file.write({ ...result, classes: [{ index: 1, label: 'cat', score: 0.5 }] }) + file.end();
 * console.log(text.split('\n')); // [ '1', '00:00:00,000 --> 00:00:01,000', 'cat', '', '' ]
 */
export function srtWriter<T extends object = Classification>(options: WriterOptions<T> = {}): ResultWriter<string, T> {
  checkOptions<WriterOptions<T>>('srtWriter', options, WRITER_OPTION_NAMES);
  return cueWriter('srt', taskOrDefault(options.task), '', ({ number, start, end, label }) => {
    const text = label.replaceAll(/[\r\n]+/g, ' ').replaceAll(/[<{]|--(?=>)/g, '$&\u2060');
    return `${number}\n${clockTime(start, ',')} --> ${clockTime(end, ',')}\n${text}\n\n`;
  });
}
