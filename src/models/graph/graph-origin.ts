import type { AnyStage, NamedStage } from '../../stage/stage.ts';
import type { TfjsModel } from '../tfjs/read-tfjs-model.ts';
import type { GraphModelOptions } from './graph-model-options.ts';

/** What the stage of a graph model was made from. It can be posted to another thread. */
export interface GraphOrigin {
  readonly model: TfjsModel;
  readonly options: Omit<GraphModelOptions, 'signal' | 'onWarning'>;
}

/** What the graph models of a pipeline were made from, in its order. */
export function graphsIn({ parts }: { readonly parts: readonly NamedStage[] }): readonly GraphOrigin[] {
  return parts.flatMap(({ stage }) => originOf(stage) ?? []);
}

/** What a stage was made from, if it is a graph model. */
export function originOf({ spec, origin }: AnyStage): GraphOrigin | undefined {
  return spec.op === 'graphModel' ? (origin as GraphOrigin | undefined) : undefined;
}
