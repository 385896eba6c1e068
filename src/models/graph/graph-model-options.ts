import type { Shape } from '../../stage/shape.ts';
import type { OnModelWarning } from '../model-warning.ts';

/** A constant for an input: a number, or nested lists of numbers of any shape. */
export type Constant = number | boolean | readonly Constant[];

/** Options of `graphModel`. */
export interface GraphModelOptions {
  /** The stage's name. Default `graphModel`. */
  readonly name?: string | undefined;
  /** The input's shape. Needed where the model does not declare its input's size. */
  readonly inputShape?: Shape | undefined;
  /**
   * The node that takes the frames. Needed where the model has several inputs. It can be any node: operations before it are
   * then not run.
   */
  readonly input?: string | undefined;
  /**
   * The values of the model's other inputs by name, for example a keep probability or a training flag. A single number fills the
   * shape that the input declares.
   */
  readonly constants?: Readonly<Record<string, Constant>> | undefined;
  /**
   * Inputs that take what an output was for the frame before, by name: `{ r1i: 'r1o' }`. For the first frame of each source they
   * are zeros, or what `constants` says.
   */
  readonly state?: Readonly<Record<string, string>> | undefined;
  /** The node whose value is the output, which can be any node; or several nodes, whose values are `NamedTensors`. Default: the model's output, if it has only one. */
  readonly output?: string | readonly string[] | undefined;
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
