import { OptionError } from '../../errors/errors.ts';
import type { ReadOptions } from './model-reader.ts';

/** Throws `OptionError` for options that name inputs of a graph model. */
export function refuseNodes(file: string, options: Pick<ReadOptions, 'input' | 'constants' | 'state'>): void {
  const given = (['input', 'constants', 'state'] as const).filter((name) => options[name] !== undefined);
  if (given.length === 0) return;
  throw new OptionError(
    `${file} is no graph model, and ${given.join(' and ')} name inputs of one: leave ${given.length > 1 ? 'them' : 'it'} out`,
  );
}
