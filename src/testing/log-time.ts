import type { GateEvent } from '../flow/gate/gate-event.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Actions to run in one turn, with the index of the log entry that each repeats. */
interface Turn {
  readonly at: number;
  readonly order: number;
  todo: { readonly index: number; readonly action: () => void }[];
}

/**
 * Virtual time for a log: runs actions at the times of its entries and in their order, in one turn if the gate decided nothing
 * in between. (If a frame is released and the stream unsubscribed from in one turn, no frame is admitted in between.)
 */
export class LogTime {
  readonly #log: readonly GateEvent[];
  readonly #time: VirtualTime;
  readonly #turns: readonly Turn[];
  /** For each entry, the time of the arrival or release before it, which caused it. */
  readonly #causes: readonly number[];

  constructor(log: readonly GateEvent[], time: VirtualTime) {
    this.#log = log;
    this.#time = time;
    this.#turns = turnsOf(log);
    let cause = -Infinity;
    this.#causes = log.map(({ type, at }) => (type === 'arrived' || type === 'closed' ? (cause = at) : cause));
  }

  /** Runs an action at the time of an entry. */
  at(index: number, action: () => void): void {
    const turn = this.#turns[index];
    if (!turn) return;
    if (turn.todo.length === 0) this.#time.at(turn.at, () => run(turn), turn.order);
    turn.todo.push({ index, action });
  }

  after(ms: number, action: () => void): void {
    this.#time.after(ms, action);
  }

  isPast(index: number): boolean {
    return (this.#log[index]?.at ?? 0) < this.#time.now();
  }

  /** Whether it is the time of an entry, or of its cause: on a real clock an entry is a little later than its cause. */
  isNow(index: number): boolean {
    const now = this.#time.now();
    return now === this.#log[index]?.at || now === this.#causes[index];
  }

  between(from: number | undefined, to: number | undefined): number | undefined {
    const [start, end] = [this.#log[from ?? -1], this.#log[to ?? -1]];
    return start && end && end.at - start.at;
  }
}

function run(turn: Turn): void {
  const todo = turn.todo.toSorted((a, b) => a.index - b.index);
  turn.todo = [];
  for (const { action } of todo) action();
}

/** The turn of each entry; a decision ends a turn. */
function turnsOf(log: readonly GateEvent[]): Turn[] {
  let turn: Turn | undefined;
  return log.map(({ at, type }, order) => {
    if (turn?.at !== at) turn = undefined;
    // After everything that is not in the log, such as a change of options, which may have caused these entries.
    turn ??= { at, order: order + 1, todo: [] };
    const own = turn;
    if (type === 'admitted' || type === 'dropped') turn = undefined;
    return own;
  });
}
