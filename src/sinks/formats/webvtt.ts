import { clockTime, cueWriter } from './cues.ts';
import type { ResultWriter } from './result-writer.ts';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * Results as WebVTT, for `<track>`: each stretch of frames with the same best class is a cue, times with a frame's
 * precision; nothing where no class was good enough. The last cue ends one frame after the last frame, that of a source's
 * only frame after a second. Results of a second source throw an `OptionError`.
 *
 * @see {@link srtWriter}, {@link segments}
 *
 * @example
 * const writer = webvttWriter();
 * const text = writer.write({ ...result, classes: [{ index: 1, label: 'cat & dog', score: 0.5 }] }) + writer.end();
 * console.log(text.split('\n')); // [ 'WEBVTT', '', '00:00:00.000 --> 00:00:01.000', 'cat &amp; dog', '', '' ]
 */
export function webvttWriter(): ResultWriter<string> {
  return cueWriter('webvtt', 'WEBVTT\n\n', ({ start, end, label }) => {
    // An empty line would end the cue, and `-->` begin one.
    const text = label.replaceAll(/[\r\n]+/g, ' ').replaceAll(/[&<>]/g, (character) => ENTITIES[character] ?? '');
    return `${clockTime(start, '.')} --> ${clockTime(end, '.')}\n${text}\n\n`;
  });
}
