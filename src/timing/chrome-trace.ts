import type { Classification } from '../classify/classify.ts';
import { describeFrame } from '../errors.ts';
import type { GateEvent } from '../flow/gate-event.ts';

/** An event of the Trace Event Format: `X` a duration, `i` an instant, `M` a name for a process or track. */
export interface TraceEvent {
  readonly ph: 'X' | 'i' | 'M';
  readonly name: string;
  readonly cat?: string;
  /** Microseconds. */
  readonly ts?: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  /** An instant's scope: its own track. */
  readonly s?: 't';
  readonly args?: Readonly<Record<string, unknown>>;
}

/** A trace as Perfetto (ui.perfetto.dev) and chrome://tracing load it. */
export interface ChromeTrace {
  readonly traceEvents: readonly TraceEvent[];
  readonly displayTimeUnit: 'ms';
}

const PID = 1;
const GATE = 'gate';

/**
 * A run as a Chrome trace: one track per stage with a slice per frame, and one for the gate, where frames wait and
 * where drops and faults show as instants. Write it as JSON and open it in Perfetto.
 *
 * The Trace Event Format is Google's ("Trace Event Format", catapult project).
 *
 * @example
 * const trace = toChromeTrace([result], []);
 * console.log(JSON.parse(JSON.stringify(trace)).displayTimeUnit); // ms
 */
export function toChromeTrace(results: readonly Classification[], events: readonly GateEvent[]): ChromeTrace {
  const tracks = new Map([[GATE, 1]]);
  const track = (name: string) => {
    if (!tracks.has(name)) tracks.set(name, tracks.size + 1);
    return tracks.get(name) ?? 0;
  };
  const slices = results.flatMap(({ stages, classes, ...frame }) =>
    stages.map(({ stage, startMs, submitMs, ...timing }): TraceEvent => {
      const args = { ...frame, ...timing };
      return { ph: 'X', name: stage, cat: 'stage', ...at(startMs), dur: us(submitMs), pid: PID, tid: track(stage), args };
    }),
  );
  const timed = [...gateEvents(events, track), ...slices].sort((a, b) => (a.ts ?? 0) - (b.ts ?? 0));
  return { traceEvents: [...trackNames(tracks), ...timed], displayTimeUnit: 'ms' };
}

function gateEvents(events: readonly GateEvent[], track: (name: string) => number): TraceEvent[] {
  const arrivals = new Map<string, number>();
  return events.flatMap((event): TraceEvent[] => {
    const name = describeFrame(event.label);
    const instant = (what: string, tid: number, args: Readonly<Record<string, unknown>>): TraceEvent[] => [
      { ph: 'i', name: what, cat: 'gate', ...at(event.at), pid: PID, tid, s: 't', args: { ...event.label, ...args } },
    ];
    switch (event.type) {
      case 'arrived':
        arrivals.set(name, event.at);
        return [];
      case 'admitted': {
        const arrivedAt = arrivals.get(name) ?? event.at;
        arrivals.delete(name);
        const dur = us(event.at - arrivedAt);
        return [{ ph: 'X', name: 'wait', cat: 'gate', ...at(arrivedAt), dur, pid: PID, tid: track(GATE), args: { ...event.label } }];
      }
      case 'dropped':
        arrivals.delete(name);
        return instant(`dropped: ${event.cause}`, track(GATE), {});
      case 'refused':
        arrivals.delete(name);
        return instant(`refused: ${event.outcome}`, track(GATE), {});
      case 'failed':
        return instant(`failed: ${event.error.code}`, track(event.error.stage ?? GATE), { message: event.error.message });
      case 'closed':
        return [];
    }
  });
}

function trackNames(tracks: ReadonlyMap<string, number>): TraceEvent[] {
  const meta = (name: string, tid: number, args: Readonly<Record<string, unknown>>): TraceEvent => ({
    ph: 'M',
    name,
    pid: PID,
    tid,
    args,
  });
  return [
    meta('process_name', 0, { name: 'sluice' }),
    ...[...tracks].flatMap(([name, tid]) => [
      meta('thread_name', tid, { name }),
      meta('thread_sort_index', tid, { sort_index: tid }),
    ]),
  ];
}

function at(ms: number): { ts: number } {
  return { ts: us(ms) };
}

/** Whole nanoseconds are as fine as it gets. */
function us(ms: number): number {
  return Math.round(ms * 1e6) / 1e3;
}
