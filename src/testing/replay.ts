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
 * The decisions of a gate as text, in order: `3 admitted`, `4 dropped: replaced`.
 *
 * @see {@link replay}
 *
 * @example
 * const label = { source: 'camera', seq: 3, timestamp: 0 };
 * console.log(decisionsOf([{ type: 'dropped', cause: 'full', label, at: 0 }])); // [ '3 dropped: full' ]
 */
export function decisionsOf(events: readonly GateEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type === 'admitted') return [`${event.label.seq} admitted`];
    if (event.type === 'dropped') return [`${event.label.seq} dropped: ${event.cause}`];
    return [];
  });
}

/** The data of a replayed frame: its size only. */
interface SizeOnly {
  readonly byteLength: number;
}

/**
 * Repeats a recorded run in virtual time: the same frames arrive at the same times and are held as long as in the run, and the
 * stream is unsubscribed from at the same time. Resolves with the events of the replay.
 *
 * With the options of the run the gate decides as in the run. With other options the events show what would have happened
 * instead. A frame that the run did not admit is then held for the median time; a pulled source gives each frame at its old
 * time, or later if it is asked later.
 *
 * `log` are all events of one subscription: `source.events.pipe(toArray())`. They can be stored as JSON. Rejects with an
 * `OptionError` for a damaged log.
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
  const recorded = readGateLog(log);
  const events: GateEvent[] = [];
  await inVirtualTime((time) => {
    const logTime = new LogTime(recorded, time);
    const source = frameSource<SizeOnly>(arrivalsOf(recorded, logTime), options);
    source.events.subscribe((event) => events.push(event));
    // The frames that waited were discarded when the run was unsubscribed from, maybe on the last admitted frame (`take`).
    const left = recorded.findIndex((event) => event.type === 'refused' && event.outcome === 'discarded');
    const lastTaken = recorded[left - 1]?.type === 'admitted' ? recorded[left - 1]?.label.seq : undefined;
    const hold = holding(recorded, logTime);
    // The events say how it ends.
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

function arrivalsOf(log: readonly GateEvent[], time: LogTime): Arrivals<SizeOnly> {
  const arrivals = log.flatMap((event, index) => (event.type === 'arrived' ? [{ event, index }] : []));
  // The frames of a source count from 0; those of a branch have the numbers of its source, with gaps.
  const isBranch = arrivals.some(({ event }, i) => event.label.seq !== i);
  const arrival = ({ bytes, label }: (typeof arrivals)[number]['event']): Arrival<SizeOnly> => ({
    data: { byteLength: bytes },
    timestamp: label.timestamp,
    source: label.source,
    ...(isBranch && { from: { label, trace: undefined, view: undefined } }),
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

/**
 * The moment at which a lease was free again: when it ended, or after the frames that the gate dropped before it admitted the
 * next one, because they had come while the thread was busy.
 */
function afterDrops(log: readonly GateEvent[], closed: number): number {
  let last = closed;
  for (let i = closed + 1; i < log.length && log[i]?.type !== 'admitted'; i++) {
    const event = log[i];
    if (event?.type === 'dropped' && event.cause !== 'stale') last = i;
  }
  return last;
}

/** Holds each frame as long as the run did; until the same moment if it was admitted at the same time. */
function holding(log: readonly GateEvent[], time: LogTime): (frame: Frame<SizeOnly>) => void {
  const admitted = new Map<number, number>();
  const closed = new Map<number, number>();
  log.forEach(({ type, label }, index) => {
    if (type === 'admitted') admitted.set(label.seq, index);
    if (type === 'closed') closed.set(label.seq, afterDrops(log, index));
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
