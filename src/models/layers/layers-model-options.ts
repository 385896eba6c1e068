import type { OptionNames } from '../../errors/check-options.ts';
import type { Shape } from '../../stage/shape.ts';
import type { OnModelWarning } from '../model-warning.ts';

/** Options of {@link layersModel}. */
export interface LayersModelOptions {
  /** The input's shape, `[1, height, width, channels]`. Needed where the model does not declare its input's size. */
  readonly inputShape?: Shape;
  /**
   * The name of the layer whose output is wanted, or several names, whose values are `NamedTensors`. Needed where the model has
   * several outputs.
   */
  readonly output?: string | readonly string[];
  /**
   * The most work that one frame may take: multiply-adds or visits of values, estimated before anything is computed. A model
   * that takes more is refused, because nothing can end a stage while it computes. Default 1e13; VGG16 takes 1.6e10.
   */
  readonly maxWork?: number | undefined;
  /** Ends the loading, which then rejects with a `SourceError` of the code `interrupted`. */
  readonly signal?: AbortSignal | undefined;
  /** Called with a warning about the model, for example that weights are NaN. Default: `console.warn`. */
  readonly onWarning?: OnModelWarning;
}

/** @internal The names of {@link LayersModelOptions}. */
export const LAYERS_OPTION_NAMES: OptionNames<LayersModelOptions> = {
  inputShape: true,
  output: true,
  maxWork: true,
  signal: true,
  onWarning: true,
};
