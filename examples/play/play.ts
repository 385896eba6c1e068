// The loop of a game: the picture goes through the network, the action changes the game, and the changed game is the next picture.
import { map, type Observable } from 'rxjs';
import {
  batch,
  frameSource,
  inOrder,
  preprocess,
  unbatch,
  type ActionScore,
  type ActOptions,
  type Pixels,
} from 'sluice';
import { afterTurn, newCatch, pictureOf, TURNS, type Catch } from './catch.ts';
import type { Player } from './player.ts';
import { randomFrom } from './random.ts';

/** Options of {@link play}. */
export interface PlayOptions extends ActOptions {
  /** How many games are played at the same time. */
  readonly games: number;
  /** What the games begin with. */
  readonly gamesSeed: number;
  /** How long a turn lasts at least, in ms. */
  readonly pace?: number;
}

/** A turn of one of the games. */
export interface Turn {
  /** Which game. */
  readonly game: number;
  /** What the player saw. */
  readonly picture: Pixels;
  /** What it did. */
  readonly action: ActionScore;
  /** The game after that. */
  readonly after: Catch;
}

/**
 * Plays games at the same time, turn by turn: a batch has one picture of each. At most as many frames as games are under way, so the
 * next picture of a game is asked for when its action is known.
 */
export function play(player: Player, { games: count, gamesSeed, pace = 0, ...options }: PlayOptions): Observable<Turn> {
  const random = randomFrom(gamesSeed);
  const games = Array.from({ length: count }, () => newCatch(random));
  const seen: Pixels[] = [];
  function* pictures() {
    for (let frame = 0; frame < TURNS * count; frame++) {
      const picture = pictureOf(games[frame % count] as Catch);
      seen[frame % count] = picture;
      yield { data: picture, timestamp: frame };
    }
  }
  const reader = player.task.reader(player.labels, options);
  return frameSource(pictures(), { source: 'catch', maxInFlight: count }).pipe(
    preprocess(player.preprocess),
    batch({ size: count }),
    player.pipeline,
    unbatch(),
    inOrder(count, async ({ data }) => {
      const [{ action }] = await Promise.all([reader.read(data), pause(pace)]);
      return action;
    }),
    map((action, frame) => {
      const game = frame % count;
      const after = afterTurn(games[game] as Catch, action.index);
      games[game] = after;
      return { game, picture: seen[game] as Pixels, action, after };
    }),
  );
}

function pause(ms: number): Promise<void> | undefined {
  return ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : undefined;
}
