import type { Aggregator } from '../task.ts';
import type { Action, ActionScore } from './action.ts';

/** The mean score of each action over several results, and the action whose mean is the highest, the first of equal ones. */
export class ActionMeans implements Aggregator<Action> {
  #sums: ActionScore[] = [];
  #results = 0;

  add({ actions }: Action): void {
    this.#sums = actions.map(({ index, name, score }, i) => ({
      index,
      name,
      score: score + (this.#sums[i]?.score ?? 0),
    }));
    this.#results++;
  }

  take(): Action {
    const actions = this.#sums.map(({ score, ...rest }) => ({ ...rest, score: score / this.#results }));
    this.#sums = [];
    this.#results = 0;
    const action = actions.reduce((best, one) => (one.score > best.score ? one : best));
    return { action, actions };
  }
}
