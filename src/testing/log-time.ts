import type { GateEvent } from '../flow/gate/gate-event.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Things to do in one turn, by the index in the log of what they repeat. */
interface Turn {
  readonly at: number;
  readonly order: number;
  todo: { readonly index: number; readonly action: () => void }[];
}

/**
 * Virtual time by the entries of a log: does things when they were done then, in the same order, and in the same turn
 * where nothing was decided in between. (A frame let go and the stream left in one turn leave nobody time to be let in.)
 */
export class LogTime {
  readonly #log: readonly GateEvent[];
  readonly #time: VirtualTime;
  readonly #turns: readonly Turn[];
  /** When that happened which the entry follows from: what comes or goes is told before what it leads to. */
  readonly #causes: readonly number[];

  constructor(log: readonly GateEvent[], time: VirtualTime) {
    this.#log = log;
    this.#time = time;
    this.#turns = turnsOf(log);
    let cause = -Infinity;
    this.#causes = log.map(({ type, at }) => (type === 'arrived' || type === 'closed' ? (cause = at) : cause));
  }

  /** Does something when the log's entry was told. */
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

  /** Whether it is the very time of an entry: on a real clock it was told a little after its cause. */
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

/** Entry by entry, the turn it belongs to: a decision ends one. */
function turnsOf(log: readonly GateEvent[]): Turn[] {
  let turn: Turn | undefined;
  return log.map(({ at, type }, order) => {
    if (turn?.at !== at) turn = undefined;
    // Behind what no log knows of: it may be what these entries follow from, as a change of the options is.
    turn ??= { at, order: order + 1, todo: [] };
    const own = turn;
    if (type === 'admitted' || type === 'dropped') turn = undefined;
    return own;
  });
}
