import { useEffect, useRef, useState } from 'preact/hooks';
import type { Subscription } from 'rxjs';
import type { Round } from './messages.ts';
import { practised } from './practised.ts';

/** How often the player plays and then learns from what it played. */
export const ROUNDS = 200;

/** A training, and what the player has learned in it. */
export interface Practice {
  readonly isRunning: boolean;
  /** The share of the balls that were caught in each round, 0 to 1. */
  readonly shares: readonly number[];
  /** The latest round. */
  readonly latest: Round | undefined;
}

const NONE: Practice = { isRunning: false, shares: [], latest: undefined };

/** Trains a player: from nothing, or from where it was stopped. */
export function usePractice(onProblem: (thrown: unknown) => void) {
  const [practice, setPractice] = useState(NONE);
  const running = useRef<Subscription>(undefined);
  // What goes on may be asked for long after the render that offered it.
  const now = useRef(practice);
  now.current = practice;
  const stop = () => {
    running.current?.unsubscribe();
    running.current = undefined;
    setPractice((before) => ({ ...before, isRunning: false }));
  };
  useEffect(() => () => running.current?.unsubscribe(), []);
  const run = (from: Practice) => {
    stop();
    setPractice({ ...from, isRunning: true });
    running.current = practised(ROUNDS, from.latest?.checkpoint).subscribe({
      next: (latest) =>
        setPractice(({ shares }) => ({ isRunning: true, shares: [...shares, latest.caught / latest.games], latest })),
      error: (thrown: unknown) => {
        stop();
        onProblem(thrown);
      },
      complete: stop,
    });
  };
  return [practice, { stop, goOn: () => run(now.current), startOver: () => run(NONE) }] as const;
}
