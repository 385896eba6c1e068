import { filter, lastValueFrom, map, toArray, type Observable } from 'rxjs';
import { fit, type Example, type FitOptions } from 'sluice';
import { TURNS } from './catch.ts';
import { caughtIn, doubtsOf, lessonsOf } from './lessons.ts';
import { play } from './play.ts';
import type { Player } from './player.ts';
import { seedOf } from './random.ts';

/** Options of {@link practise}. */
export interface PractiseOptions extends Pick<FitOptions, 'checkpoint' | 'learningRate' | 'resume'> {
  /** How often it plays and then learns from what it played. Default 200. */
  readonly epochs?: number;
  /** How many games it plays each time. Default 64. */
  readonly games?: number;
  /** The seed of the games and of the actions. Default 1. */
  readonly seed?: number;
}

/** The games of an epoch, and the player that has learned from them. */
export interface Practice {
  readonly epoch: number;
  /** How many balls were caught while it tried out actions, of how many. */
  readonly caught: number;
  readonly games: number;
  readonly player: Player;
}

/**
 * Trains a player by playing. In each epoch the player that the last one left plays some games, and draws its actions by their probabilities. All turns
 * are one step: an action that was drawn by another player than the one that learns would count wrongly.
 */
export function practise(player: Player, options: PractiseOptions = {}): Observable<Practice> {
  const { epochs = 200, games = 64, seed = 1, ...more } = options;
  let caught = 0;
  async function* lessons(epoch: number, current: Player): AsyncGenerator<Example> {
    const drawn = seedOf(seed, epoch);
    const turns = play(current, { games, gamesSeed: drawn, choose: 'sample', seed: -drawn });
    const played = await lastValueFrom(turns.pipe(toArray()));
    caught = caughtIn(played).filter(Boolean).length;
    yield* [...lessonsOf(played), ...doubtsOf(played, epoch)];
  }
  return fit(player, lessons, {
    epochs,
    batchSize: 2 * games * TURNS,
    shuffle: 1,
    learningRate: { rate: 0.006, schedule: 'cosine', to: 0.0006 },
    ...more,
  }).pipe(
    filter(({ kind }) => kind === 'epoch'),
    map(({ epoch, model }) => ({ epoch, caught, games, player: model })),
  );
}
