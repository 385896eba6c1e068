import { checkKnown } from '../../errors/known-options.ts';
import type { Classification } from '../../tasks/classification/class-scores.ts';
import { clockTime, cueWriter } from './cues.ts';
import type { ResultWriter } from './result-writer.ts';
import { taskOf, type WriterOptions } from './writer-task.ts';

/**
 * Results as SRT subtitles: the cues of {@link webvttWriter} in the format that every player reads. Throws `OptionError`.
 *
 * SRT can't escape `<` or `{`, which some players take for markup: an invisible word joiner (U+2060) after them keeps the
 * text as it looks. The same is done inside `-->`, which separates times.
 *
 * @see {@link webvttWriter}, {@link segments}
 *
 * @example
 * const file = srtWriter().open();
 * const text = file.write({ ...result, classes: [{ index: 1, label: 'cat', score: 0.5 }] }) + file.end();
 * console.log(text.split('\n')); // [ '1', '00:00:00,000 --> 00:00:01,000', 'cat', '', '' ]
 */
export function srtWriter<T extends object = Classification>(options: WriterOptions<T> = {}): ResultWriter<string, T> {
  checkKnown('srtWriter', options, ['task']);
  return cueWriter('srt', taskOf(options), '', ({ number, start, end, label }) => {
    const text = label.replaceAll(/[\r\n]+/g, ' ').replaceAll(/[<{]|--(?=>)/g, '$&\u2060');
    return `${number}\n${clockTime(start, ',')} --> ${clockTime(end, ',')}\n${text}\n\n`;
  });
}
