import { lastValueFrom, reduce } from 'rxjs';
import { infer, type Model } from 'sluice';
import type { Example } from '../datasets/dataset.ts';
import { framesOf } from './frames-of.ts';

/** How many of some examples a model classifies right, through the same pipe that a user's pictures take. */
export async function rightOf(
  model: Model,
  examples: Iterable<Example>,
): Promise<{ readonly right: number; readonly count: number }> {
  const results = framesOf(examples).pipe(infer(model, { top: 1 }));
  return lastValueFrom(
    results.pipe(
      reduce(
        ({ right, count }, { target, classes: [best] }) => ({
          right: right + (best?.index === target ? 1 : 0),
          count: count + 1,
        }),
        { right: 0, count: 0 },
      ),
    ),
  );
}
