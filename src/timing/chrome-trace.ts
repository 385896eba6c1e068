import { describeFrame, type FrameLabel } from '../errors/frame-label.ts';
import type { GateEvent } from '../flow/gate/gate-event.ts';
import type { StageTiming } from '../frames/trace.ts';
import { Tracks } from './tracks.ts';

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

/** The fields of a result that a trace needs. For a frame, give `{ ...frame.label, timings: frame.timings }`. */
export interface TracedResult extends FrameLabel {
  readonly timings: readonly StageTiming[];
}

/** A slice or an instant before it is placed on a track; times in ms. */
interface Moment {
  readonly track: string;
  readonly name: string;
  readonly start: number;
  /** Absent for an instant. */
  readonly end?: number;
  readonly args: Readonly<Record<string, unknown>>;
}

const PID = 1;
const GATE = 'gate';
const DEVICE = 'device';

/**
 * A run as a Chrome trace: write it as JSON and open it in Perfetto.
 *
 * Each stage has a track with a slice per frame or batch. The gate has a track with the time that frames waited, and with
 * drops and failures as instants. If several frames are in a stage at once, it has further tracks (`classify (2)`, …), because
 * slices on one track must not overlap. Frames that were timed by the device (`device-query`) have slices on a track `device`
 * as well: their length was measured, and their start is the earliest possible one.
 *
 * The format is Google's ("Trace Event Format", catapult project).
 *
 * @see {@link timingReport}, {@link userTiming}
 *
 * @example
 * const trace = toChromeTrace([result], []);
 * console.log(JSON.parse(JSON.stringify(trace)).displayTimeUnit); // ms
 */
export function toChromeTrace(results: readonly TracedResult[], events: readonly GateEvent[]): ChromeTrace {
  const tracks = new Tracks(GATE);
  const moments = [...stageSlices(results), ...gateMoments(events)].toSorted((a, b) => a.start - b.start);
  const placed = moments.map(({ track, name, start, end, args }): TraceEvent => {
    const ts = us(start);
    const [cat, pid] = [track === GATE ? 'gate' : 'stage', PID];
    if (end === undefined) return { ph: 'i', name, cat, ts, pid, tid: tracks.first(track), s: 't', args };
    // Computed from rounded ends, so that neighbours touch and never overlap.
    const dur = us((us(end) - ts) / 1000);
    return { ph: 'X', name, cat, ts, dur, pid, tid: tracks.free(track, ts, ts + dur), args };
  });
  return { traceEvents: [...trackNames(tracks), ...placed], displayTimeUnit: 'ms' };
}

function stageSlices(results: readonly TracedResult[]): Moment[] {
  const batches = new Map<string, number[]>();
  return results.flatMap(({ source, seq, timestamp, timings }) => {
    let deviceFree = -Infinity;
    return timings.flatMap(({ stage, startMs, submitMs, ...timing }): Moment[] => {
      const args = { ...argsOf({ source, seq, timestamp }), ...timing };
      const slice = { track: stage, name: stage, start: startMs, end: startMs + submitMs };
      const { deviceMs, method } = timing;
      const onDevice: Moment[] = [];
      if (method === 'device-query' && deviceMs !== undefined) {
        const start = Math.max(startMs, deviceFree);
        deviceFree = start + deviceMs;
        onDevice.push({ track: DEVICE, name: stage, start, end: deviceFree, args });
      }
      if (timing.batch === undefined) return [{ ...slice, args }, ...onDevice];
      // A batch has one slice, although the trace of each of its frames has it.
      const key = `${stage} ${startMs}`;
      const known = batches.get(key);
      if (known) {
        known.push(seq);
        return [];
      }
      const seqs = [seq];
      batches.set(key, seqs);
      return [{ ...slice, args: { ...args, seqs } }, ...onDevice];
    });
  });
}

function gateMoments(events: readonly GateEvent[]): Moment[] {
  const arrivals = new Map<string, number>();
  return events.flatMap((event): Moment[] => {
    const { label, at } = event;
    const frame = describeFrame(label);
    const args = argsOf(label);
    const instant = (name: string): Moment[] => [{ track: GATE, name, start: at, args }];
    const start = arrivals.get(frame) ?? at;
    switch (event.type) {
      case 'arrived':
        arrivals.set(frame, at);
        return [];
      case 'missed':
        return instant(`missed: ${event.count}`);
      case 'admitted':
        return [{ track: GATE, name: 'wait', start, end: at, args }];
      case 'dropped':
        return instant(`dropped: ${event.cause}`);
      case 'refused':
        return instant(`refused: ${event.outcome}`);
      case 'failed': {
        const { stage = 'source', code, message } = event.error;
        const track = stage === 'source' ? GATE : stage;
        return [{ track, name: `failed: ${code}`, start: at, args: { ...args, message } }];
      }
      case 'closed':
        return [];
    }
  });
}

function trackNames(tracks: Tracks): TraceEvent[] {
  const meta = (name: string, tid: number, args: Readonly<Record<string, unknown>>): TraceEvent => {
    return { ph: 'M', name, pid: PID, tid, args };
  };
  return [
    meta('process_name', 0, { name: 'sluice' }),
    ...tracks
      .list()
      .flatMap(({ name, tid, place }) => [
        meta('thread_name', tid, { name }),
        meta('thread_sort_index', tid, { sort_index: place }),
      ]),
  ];
}

/** A timestamp that is not finite becomes a string, because JSON has no NaN. */
function argsOf({ source, seq, timestamp }: FrameLabel): Record<string, unknown> {
  return { source, seq, timestamp: Number.isFinite(timestamp) ? timestamp : String(timestamp) };
}

/** Milliseconds to microseconds, rounded to whole nanoseconds. */
function us(ms: number): number {
  return Math.round(ms * 1e6) / 1e3;
}
