import type { EngineOptions } from 'sluice';
import type { Failure } from '../run/failure.ts';

/** What the worker trains with. */
export interface Begin {
  readonly wasmPaths: NonNullable<EngineOptions['wasmPaths']>;
  readonly rounds: number;
  /** The checkpoint of the training that goes on. */
  readonly resume: Uint8Array<ArrayBuffer> | undefined;
}

/** What a round of games and a step of the training have made of the player. */
export interface Round {
  readonly round: number;
  /** How many balls were caught while the player tried out actions, of how many. */
  readonly caught: number;
  readonly games: number;
  /** The player as a safetensors file. */
  readonly weights: Uint8Array<ArrayBuffer>;
  /** What the training can go on from. */
  readonly checkpoint: Uint8Array<ArrayBuffer>;
}

export type FromWorker =
  | ({ readonly type: 'round' } & Round)
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly failure: Failure };
