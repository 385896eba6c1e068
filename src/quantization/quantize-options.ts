import { checkOptions, type OptionNames } from '../errors/check-options.ts';
import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import { few } from '../models/few-names.ts';
import { count, share } from '../stage/arguments.ts';

/** How the range of a value is chosen: all that was seen, all but the outermost values, or what loses the least information. */
export type RangeMethod = 'minmax' | 'percentile' | 'entropy';

/** Options of {@link quantize}. */
export interface QuantizeOptions {
  /** How the range of each value is chosen. Default `minmax`. */
  readonly method?: RangeMethod;
  /** The share of values in the range with the method `percentile`, in percent. Default 99.99. */
  readonly percentile?: number;
  /** Paths of layers that stay float, as the report names them. Default: none. */
  readonly keepFloat?: readonly string[];
  /**
   * The share of held-out frames, from 0 to under 1, whose first class may change. While more change, the layer with the most noise
   * stays float. Default: what changes is only reported.
   */
  readonly maxLoss?: number;
  /** The most frames that are kept in memory, spread evenly over the stream. Default 200. */
  readonly maxFrames?: number;
  /** Gets a sentence about what may be wrong with the frames. */
  readonly onWarning?: (message: string) => void;
}

const NAMES: OptionNames<QuantizeOptions> = {
  method: true,
  percentile: true,
  keepFloat: true,
  maxLoss: true,
  maxFrames: true,
  onWarning: true,
};

/** Throws `OptionError` for wrong options. */
export function checkQuantizeOptions(options: QuantizeOptions): void {
  checkOptions('quantize', options, NAMES);
  const { method = 'minmax', percentile, keepFloat, maxLoss, maxFrames } = options;
  const refuse = (option: string, needs: string, value: unknown) => {
    throw new OptionError(`quantize: ${option} must be ${needs}, not ${describeValue(value)}`);
  };
  if (!['minmax', 'percentile', 'entropy'].includes(method)) refuse('method', 'minmax, percentile or entropy', method);
  if (percentile !== undefined && method !== 'percentile')
    refuse('method', 'percentile where percentile is given', method);
  if (percentile !== undefined && !(percentile >= 50 && percentile <= 100)) {
    refuse('percentile', 'a number from 50 to 100', percentile);
  }
  if (keepFloat !== undefined && !Array.isArray(keepFloat)) refuse('keepFloat', 'a list of names', keepFloat);
  if (maxLoss !== undefined) share('quantize', 'maxLoss', maxLoss);
  if (maxFrames !== undefined) count('quantize', 'maxFrames', maxFrames);
}

/** Returns the layers that stay float. Throws `OptionError` for a name that no layer has. */
export function keptLayers(model: string, layers: readonly string[], names: readonly string[] = []): Set<string> {
  const unknown = names.filter((name) => !layers.includes(name));
  if (unknown.length === 0) return new Set(names);
  throw new OptionError(
    `${model} has no layer ${few(unknown.map(describeValue))} that could stay float; it has ${few(layers)}`,
  );
}
