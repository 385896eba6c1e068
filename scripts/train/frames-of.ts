import { frameSource, type Pixels, type Source } from 'sluice';
import type { Example } from '../datasets/dataset.ts';

/** Examples as frames with targets, which are not timed. */
export function framesOf(examples: Iterable<Example>): Source<Pixels> {
  return frameSource(arrivals(examples), { source: 'examples', profile: { every: Infinity } });
}

function* arrivals(examples: Iterable<Example>) {
  let timestamp = 0;
  for (const { data, target } of examples) yield { data, target, timestamp: timestamp++ };
}
