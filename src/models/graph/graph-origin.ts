import type { AnyStage } from '../../stage/stage.ts';
import type { TfjsModel } from '../tfjs/read-tfjs-model.ts';
import type { GraphModelOptions } from './graph-model-options.ts';

/** What the stage of a graph model was made from. It can be posted to another thread. */
export interface GraphOrigin {
  readonly model: TfjsModel;
  readonly options: Omit<GraphModelOptions, 'signal' | 'onWarning'>;
}

/** What a stage was made from, if it is a graph model. */
export function originOf({ spec, origin }: AnyStage): GraphOrigin | undefined {
  return spec.op === 'graphModel' ? (origin as GraphOrigin | undefined) : undefined;
}
