import { checkKnown } from '../../errors/known-options.ts';
import type { Classification } from '../../tasks/classification/class-scores.ts';
import { clockTime, cueWriter } from './cues.ts';
import type { ResultWriter } from './result-writer.ts';
import { taskOf, type WriterOptions } from './writer-task.ts';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * Results as WebVTT, for `<track>`: each segment of frames with the same first caption (for classification: the best class)
 * is a cue, with times as precise as the frames'; frames without a caption have none. The last cue ends one frame after the
 * last frame; the cue of a source's only frame lasts a second. Results of a second source throw an `OptionError`.
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
  checkKnown('webvttWriter', options, ['task']);
  return cueWriter('webvtt', taskOf(options), 'WEBVTT\n\n', ({ start, end, label }) => {
    // An empty line would end the cue, and `-->` begin one.
    const text = label.replaceAll(/[\r\n]+/g, ' ').replaceAll(/[&<>]/g, (character) => ENTITIES[character] ?? '');
    return `${clockTime(start, '.')} --> ${clockTime(end, '.')}\n${text}\n\n`;
  });
}
