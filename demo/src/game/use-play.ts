import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { defer, switchMap } from 'rxjs';
import type { Round } from './messages.ts';
import { played } from './played.ts';
import { loadPlayer, type PlayerName } from './players.ts';

interface Options {
  readonly element: RefObject<HTMLCanvasElement | null>;
  readonly playing: boolean;
  readonly name: PlayerName;
  /** The latest round of the training in this page. */
  readonly latest: Round | undefined;
  readonly onProblem: (thrown: unknown) => void;
}

/** What a player has caught so far. */
export interface Tally {
  readonly caught: number;
  readonly games: number;
  /** The round that has made the player, if it is trained here and has played one. */
  readonly from: Round | undefined;
}

/** A player that is still learning plays so many games before a later one takes its place. */
const GAMES_EACH = 3;

const none = (from?: Round): Tally => ({ caught: 0, games: 0, from });

/** Lets a player play on the canvas, and counts. While it learns, it is replaced by what it has become. */
export function usePlay({ element, playing, name, latest, onProblem }: Options): Tally {
  const [tally, setTally] = useState(none());
  const isOutdated = name === 'here' && tally.from !== latest && (tally.games >= GAMES_EACH || !tally.from);
  // The round whose player plays changes only here, so that a new round does not end a game.
  useEffect(() => {
    if (isOutdated) setTally(none(latest));
  }, [isOutdated]);
  useEffect(() => setTally(none(name === 'here' ? latest : undefined)), [name]);
  useEffect(() => {
    const { current } = element;
    if (!playing || !current) return undefined;
    const abort = new AbortController();
    const games = defer(() => loadPlayer(name, tally.from?.weights, abort.signal)).pipe(
      switchMap((player) => played(current, player)),
    );
    const subscription = games.subscribe({
      next: (isCaught) =>
        setTally(({ caught, games: count, from }) => ({
          caught: caught + Number(isCaught),
          games: count + 1,
          from,
        })),
      error: (thrown: unknown) => {
        if (!abort.signal.aborted) onProblem(thrown);
      },
    });
    return () => {
      abort.abort();
      subscription.unsubscribe();
    };
  }, [playing, name, tally.from]);
  return tally;
}
