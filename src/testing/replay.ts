import { Observable } from 'rxjs';
import { admit } from '../flow/admit.ts';
import type { AdmissionOptions } from '../flow/settings.ts';
import type { Arrival, Arrivals } from '../flow/arrival.ts';
import type { GateEvent } from '../flow/gate-event.ts';
import type { Frame } from '../frame.ts';
import { inVirtualTime, type VirtualTime } from './virtual-time.ts';

/** What a gate decided, in order: `3 admitted`, `4 dropped: replaced`. */
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
 * Plays a run again in virtual time: the same arrivals at the same times, each frame held as long as it was then. Gives
 * the events of the replay. With the run's own options it decides what the run decided; with others it tells what would
 * have become of the same frames (one that the run never let in is held as long as the median one).
 *
 * The log is what `source.events` told: `source.events.pipe(toArray())`. It is plain data but for errors.
 *
 * @example
 * const log: GateEvent[] = [];
 * await inVirtualTime(() => {
 *   const source = admit(fakeCamera({ fps: 30, seconds: 1 }), { source: 'camera' });
 *   source.events.subscribe((event) => log.push(event));
 *   source.pipe(takes(100)).subscribe();
 * });
 * const again = await replay(log, { source: 'camera' });
 * console.log(decisionsOf(again).join() === decisionsOf(log).join()); // true
 */
export async function replay(log: readonly GateEvent[], options: AdmissionOptions): Promise<GateEvent[]> {
  const events: GateEvent[] = [];
  await inVirtualTime((time) => {
    const source = admit<Ghost>(arrivalsOf(log, time, options), options);
    source.events.subscribe((event) => events.push(event));
    source.subscribe(holding(log, time));
  });
  return events;
}

function arrivalsOf(log: readonly GateEvent[], time: VirtualTime, options: AdmissionOptions): Arrivals<Ghost> {
  const arrivals = log.flatMap((event, order) => (event.type === 'arrived' ? [{ event, order }] : []));
  const arrival = (event: GateEvent & { type: 'arrived' }): Arrival<Ghost> => ({
    data: { byteLength: event.bytes },
    timestamp: event.label.timestamp,
    source: event.label.source,
  });
  const isLossless = options.policy === 'wait' || typeof options.policy === 'object';
  if (!isLossless) {
    return new Observable((subscriber) => {
      for (const { event, order } of arrivals) time.at(event.at, () => subscriber.next(arrival(event)), order);
      const last = arrivals.at(-1);
      time.at(last?.event.at ?? 0, () => subscriber.complete());
    });
  }
  return (async function* () {
    for (const { event, order } of arrivals) {
      if (event.at > time.now()) await new Promise<void>((resolve) => time.at(event.at, resolve, order));
      yield arrival(event);
    }
  })();
}

/** Holds each frame as long as the run did: to the very moment where it was let in at the same time. */
function holding(log: readonly GateEvent[], time: VirtualTime): (frame: Frame<Ghost>) => void {
  const admitted = new Map<number, number>();
  const closed = new Map<number, { at: number; order: number }>();
  log.forEach(({ type, label, at }, order) => {
    if (type === 'admitted') admitted.set(label.seq, at);
    if (type === 'closed') closed.set(label.seq, { at, order });
  });
  const durations = [...closed].map(([seq, { at }]) => at - (admitted.get(seq) ?? at)).toSorted((a, b) => a - b);
  const usual = durations[durations.length >> 1] ?? 0;
  return (frame) => {
    const { seq } = frame.label;
    const [from, to] = [admitted.get(seq), closed.get(seq)];
    frame.retain('replay');
    const release = () => {
      frame.lease.deliver();
      frame.release();
    };
    if (to && from === time.now()) time.at(to.at, release, to.order);
    else time.after(to && from !== undefined ? to.at - from : usual, release);
  };
}
