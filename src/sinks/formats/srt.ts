import { clockTime, cueWriter } from './cues.ts';
import type { ResultWriter } from './result-writer.ts';

/**
 * Results as SRT subtitles: the cues of {@link webvttWriter} in the format that every player knows.
 *
 * SRT has no way to write `<` or `{` so that no player takes them for markup: an invisible word joiner (U+2060) after
 * them keeps the text as it is to the eye. So it does inside `-->`, which separates times.
 *
 * @see {@link webvttWriter}, {@link segments}
 *
 * @example
 * const writer = srtWriter();
 * const text = writer.write({ ...result, classes: [{ index: 1, label: 'cat', score: 0.5 }] }) + writer.end();
 * console.log(text.split('\n')); // [ '1', '00:00:00,000 --> 00:00:01,000', 'cat', '', '' ]
 */
export function srtWriter(): ResultWriter<string> {
  return cueWriter('srt', '', ({ number, start, end, label }) => {
    const text = label.replaceAll(/[\r\n]+/g, ' ').replaceAll(/[<{]|--(?=>)/g, '$&\u2060');
    return `${number}\n${clockTime(start, ',')} --> ${clockTime(end, ',')}\n${text}\n\n`;
  });
}
