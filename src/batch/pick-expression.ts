import type { FilePart } from './file-part.ts';
import { samplingOf, type LabelOptions } from './label-options.ts';

/**
 * Returns what tells ffmpeg's filter `select` which frames of a part are sampled: the same arithmetic as that of `sampler`, on the file's
 * clock. Undefined if all frames are, or if the part has no index.
 */
export function pickExpression(part: FilePart, options: LabelOptions): string | undefined {
  const sampling = samplingOf(options);
  const { origin, expected, firstSeq, labelledBefore: [first, last = first] = [] } = part;
  if (sampling === undefined || origin === undefined || expected === undefined) return undefined;
  const end = part.end ?? (options.end === undefined ? undefined : Math.round(options.end * 1e6));
  // The frame after the last one ends the part.
  const until = (wanted: string) => (end === undefined ? wanted : `if(gte(pts,${end + origin}),1,${wanted})`);
  if ('n' in sampling) return until(`not(mod(n+${firstSeq % sampling.n},${sampling.n}))`);
  const period = 1e6 / sampling.fps;
  // Variable 0: how many periods after the first sampled frame of the file the next one is due. Variable 1: when the first one was.
  const due = first === undefined || last === undefined ? 0 : Math.floor((last - first + 0.5) / period) + 1;
  const start = `if(eq(n,0),st(0,${due});st(1,${first === undefined ? 'pts' : first + origin}))`;
  const since = '(pts-ld(1)+0.5)';
  return until(`${start};if(gte(${since},ld(0)*${period}),st(0,floor(${since}/${period})+1))`);
}
