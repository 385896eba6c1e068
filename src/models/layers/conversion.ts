import type { Merge } from '../../stage/merge.ts';
import type { Shape } from '../../stage/shape.ts';
import type { AnyStage } from '../../stage/stage.ts';
import type { Layer } from './layer.ts';

/** @internal A layer that became a stage. */
export interface ConvertedStage {
  readonly stage: AnyStage;
  /**
   * The stage's weights, in the layer's own order: for each, the names it can be stored under (the part after the
   * layer's name).
   */
  readonly weights?: Readonly<Record<string, readonly string[]>>;
  /** The stage's shape for a stored weight, where the layer has another shape for the same numbers. */
  readonly reshaped?: (shape: Shape) => Shape;
}

/** @internal What a layer of Keras becomes: a stage, or a node of a graph that merges several values. */
export type Converted = ConvertedStage | { readonly merge: Merge; readonly axis?: number };

/** @internal What is known about a layer besides its own settings. */
export interface LayerContext {
  /** The input's shape; undefined when a layer before it could not be converted. */
  readonly input: Shape | undefined;
  /** The major version of the Keras that wrote the model; 0 for tfjs-layers. */
  readonly keras: number;
}

/** @internal Converts a layer; throws `OptionError` naming the setting that has no counterpart in sluice. */
export type Conversion<Result extends Converted = Converted> = (layer: Layer, context: LayerContext) => Result;

/** @internal Converts a layer to a stage. */
export type StageConversion = Conversion<ConvertedStage>;
