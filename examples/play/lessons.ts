// What a player can learn from games that it has played: the policy gradient of REINFORCE (Williams 1992).
import type { Example } from 'sluice';
import type { Turn } from './play.ts';

/**
 * Each turn is an example. Its target is the action that the player took. Its weight is how much better its game ended than the games did on
 * average, in standard deviations: actions of games that were won become more likely, and those of lost games less.
 */
export function lessonsOf(turns: readonly Turn[]): Example[] {
  const caught = caughtIn(turns);
  const share = caught.filter(Boolean).length / caught.length;
  const deviation = Math.sqrt(share * (1 - share));
  return turns.map(({ game, picture, action }) => ({
    data: picture,
    target: action.index,
    // Where all games end alike, there is nothing to prefer.
    weight: deviation === 0 ? 0 : (Number(caught[game]) - share) / deviation,
  }));
}

/** How much the wish for equal probabilities counts beside the games. */
const DOUBT = 0.05;
/** One turn in so many is enough, and counts for all. */
const EVERY = 4;

/**
 * Examples that make all actions a little more equal: a player that is sure too early tries nothing else (Williams & Peng 1991 add the
 * entropy of the probabilities for that). The target is an equal share for each action.
 */
export function doubtsOf(turns: readonly Turn[], epoch: number): Example[] {
  const some = turns.filter((_, i) => i % EVERY === epoch % EVERY);
  return some.map(({ picture }) => ({ data: picture, target: [1 / 3, 1 / 3, 1 / 3], weight: DOUBT * EVERY }));
}

/** Of each game whether the ball was caught. */
export function caughtIn(turns: readonly Turn[]): boolean[] {
  const caught: boolean[] = [];
  for (const { game, after } of turns) caught[game] = after.caught === true;
  return caught;
}
