import { Observable } from 'rxjs';
import { checkOptions } from '../errors/check-options.ts';
import { frameSource } from '../flow/gate/frame-source.ts';
import type { Arrival, Arrivals } from '../flow/gate/arrival.ts';
import type { GateEvent } from '../flow/gate/gate-event.ts';
import { FRAME_SOURCE_NAMES, type FrameSourceOptions } from '../flow/gate/settings.ts';
import type { Frame } from '../frames/frame.ts';
import { readGateLog } from './gate-log.ts';
import { LogTime } from './log-time.ts';
import { inVirtualTime } from './virtual-time.ts';

/**
 * Lists what a gate decided, in order, from its events: `3 admitted`, `4 dropped: replaced`.
 *
 * @see {@link replay}
 *
 * @example
 * const log: GateEvent[] = [];
 * await inVirtualTime(() => {
 *   const source = frameSource(fakeCamera({ fps: 30, seconds: 0.1 }), { source: 'camera' });
 *   source.events.subscribe((event) => log.push(event));
 *   source.pipe(takes(100)).subscribe();
 * });
 * console.log(decisionsOf(log)); // [ '0 admitted', '1 dropped: replaced', '2 admitted' ]
 */
export function decisionsOf(events: readonly GateEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type === 'admitted') return [`${event.label.seq} admitted`];
    if (event.type === 'dropped') return [`${event.label.seq} dropped: ${event.cause}`];
    return [];
  });
}

/** What a replayed frame holds: nothing but its size. */
interface Ghost {
  readonly byteLength: number;
}

/**
 * Plays a run again in virtual time: the same arrivals at the same times, and each frame held as long as it was.
 * Resolves to the events of the replay. With the options of the run, the gate makes the same decisions. With other
 * options, the events show what would have become of the same frames: a frame that the run never let in is held as long
 * as the median one, and a source that can be asked brings each frame at its old time, or later if it is asked later.
 *
 * The log is what `source.events` emitted for one subscription: `source.events.pipe(toArray())`. It can be kept as JSON.
 * Throws `OptionError` for a log that is damaged.
 *
 * @see {@link decisionsOf}, {@link inVirtualTime}
 *
 * @example
 * const log: GateEvent[] = [];
 * await inVirtualTime(() => {
 *   const source = frameSource(fakeCamera({ fps: 30, seconds: 1 }), { source: 'camera' });
 *   source.events.subscribe((event) => log.push(event));
 *   source.pipe(takes(100)).subscribe();
 * });
 * const again = await replay(JSON.parse(JSON.stringify(log)), { source: 'camera' });
 * console.log(decisionsOf(again).join() === decisionsOf(log).join()); // true
 */
export async function replay(log: readonly GateEvent[], options: FrameSourceOptions): Promise<GateEvent[]> {
  checkOptions('replay', options, FRAME_SOURCE_NAMES);
  const told = readGateLog(log);
  const events: GateEvent[] = [];
  await inVirtualTime((time) => {
    const logTime = new LogTime(told, time);
    const source = frameSource<Ghost>(arrivalsOf(told, logTime), options);
    source.events.subscribe((event) => events.push(event));
    // What still waited was discarded when the run was left: perhaps with the last frame that was let in, by a take.
    const left = told.findIndex((event) => event.type === 'refused' && event.outcome === 'discarded');
    const lastTaken = told[left - 1]?.type === 'admitted' ? told[left - 1]?.label.seq : undefined;
    const hold = holding(told, logTime);
    // How it ends, the events tell.
    const subscription = source.subscribe({
      next(frame) {
        hold(frame);
        if (frame.label.seq === lastTaken && logTime.isNow(left)) subscription.unsubscribe();
      },
      error: () => undefined,
    });
    if (left >= 0) logTime.at(left, () => subscription.unsubscribe());
  });
  return events;
}

function arrivalsOf(log: readonly GateEvent[], time: LogTime): Arrivals<Ghost> {
  const arrivals = log.flatMap((event, index) => (event.type === 'arrived' ? [{ event, index }] : []));
  // A branch's frames keep the numbers, and gaps, they have; those of a source count from 0.
  const isBranch = arrivals.some(({ event }, i) => event.label.seq !== i);
  const arrival = ({ bytes, label }: (typeof arrivals)[number]['event']): Arrival<Ghost> => ({
    data: { byteLength: bytes },
    timestamp: label.timestamp,
    source: label.source,
    ...(isBranch && { from: { label, trace: undefined } }),
  });
  const last = arrivals.at(-1);
  if (!last) return [];
  if (last.event.pulled) {
    return (async function* () {
      for (const { event, index } of arrivals) {
        if (!time.isPast(index)) await new Promise<void>((resolve) => time.at(index, resolve));
        yield arrival(event);
      }
    })();
  }
  return new Observable((subscriber) => {
    for (const { event, index } of arrivals) time.at(index, () => subscriber.next(arrival(event)));
    time.at(last.index, () => subscriber.complete());
  });
}

/** Holds each frame as long as the run did: to the very moment where it was let in at the same time. */
function holding(log: readonly GateEvent[], time: LogTime): (frame: Frame<Ghost>) => void {
  const admitted = new Map<number, number>();
  const closed = new Map<number, number>();
  log.forEach(({ type, label }, index) => {
    if (type === 'admitted') admitted.set(label.seq, index);
    if (type === 'closed') closed.set(label.seq, index);
  });
  const heldFor = (seq: number) => time.between(admitted.get(seq), closed.get(seq));
  const durations = [...closed.keys()].map((seq) => heldFor(seq) ?? 0).toSorted((a, b) => a - b);
  const usual = durations[durations.length >> 1] ?? 0;
  return (frame) => {
    const { seq } = frame.label;
    const [from, to] = [admitted.get(seq), closed.get(seq)];
    frame.hold('replay');
    const release = () => {
      frame.lease.markDelivered();
      frame.release();
    };
    if (from !== undefined && to !== undefined && time.isNow(from)) time.at(to, release);
    else time.after(heldFor(seq) ?? usual, release);
  };
}
