import { WeightsError } from '../errors/errors.ts';

/** @internal A model is refused because it takes too much memory, so that nothing else may run it in sluice's place. */
export class LimitError extends WeightsError {}
