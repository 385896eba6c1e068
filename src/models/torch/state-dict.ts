import { WeightsError } from '../../errors/errors.ts';
import type { Weight } from '../../stage/weights.ts';
import { fewNames } from '../few-names.ts';

/** What programs put before all names: wrappers of a network (DataParallel, Lightning, `torch.compile`), and the name it has in another one. */
const PREFIX = /^(?:(?:module|model|backbone|_orig_mod)\.)+/;

/**
 * The tensors of a state dict under the names that the network itself gives them: without prefixes, and without the counters of
 * batches. Throws `WeightsError` for names of sluice among them, and for two tensors of one name.
 */
export function stateDict(weights: Readonly<Record<string, Weight>>, file: string): Map<string, Weight> {
  const names = Object.keys(weights);
  const own = names.filter((name) => name.includes('/'));
  if (own.length > 0) {
    const others = names.filter((name) => !name.includes('/'));
    throw new WeightsError(
      `${file} has names of sluice (${fewNames(own, 1)}) and of PyTorch (${fewNames(others, 1)}): give a file with the weights of one network`,
    );
  }
  const found = new Map<string, Weight>();
  for (const [given, weight] of Object.entries(weights)) {
    const name = given.replace(PREFIX, '');
    if (name.endsWith('.num_batches_tracked')) continue;
    if (found.has(name)) throw new WeightsError(`${file} has ${fewNames([name])} twice, with different prefixes`);
    found.set(name, weight);
  }
  return found;
}
