import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';
import type { GateEvent } from '../flow/gate/gate-event.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Checks the fields of each type of event, besides its time and label. */
const TYPES: Readonly<Record<GateEvent['type'], (event: Fields) => boolean>> = {
  arrived: ({ bytes, pulled = false }) => typeof bytes === 'number' && typeof pulled === 'boolean',
  missed: ({ count }) => Number.isSafeInteger(count),
  admitted: () => true,
  dropped: ({ cause }) => cause === 'replaced' || cause === 'full' || cause === 'stale',
  refused: ({ outcome }) => outcome === 'discarded' || outcome === 'failed',
  failed: () => true,
  closed: ({ outcome }) => outcome === 'delivered' || outcome === 'discarded' || outcome === 'failed',
};

/**
 * Checks the events of a gate for a replay. They may come from JSON, where an error is an object and a timestamp that is not
 * finite is null. Throws an `OptionError` that names the first wrong entry.
 */
export function readGateLog(log: unknown): GateEvent[] {
  const wrong = (what: string) => new OptionError(`replay: the log must be the events of source.events, but ${what}`);
  if (!Array.isArray(log)) throw wrong(`it is ${describeValue(log)}`);
  const arrived = new Set<unknown>();
  let time = -Infinity;
  log.forEach((event: unknown, i) => {
    if (!isEvent(event)) throw wrong(`entry ${i} is ${show(event)}`);
    const { type, at, label } = event;
    if (at < time) throw wrong(`entry ${i} happened before entry ${i - 1}`);
    time = at;
    if (type === 'missed') return;
    if (type !== 'arrived' && !arrived.has(label.seq))
      throw wrong(`entry ${i} is of frame ${label.seq}, which never arrived`);
    if (type === 'arrived' && arrived.has(label.seq)) {
      throw wrong(`frame ${label.seq} arrives again in entry ${i}: one replay plays one subscription`);
    }
    arrived.add(label.seq);
  });
  return log as GateEvent[];
}

function isEvent(value: unknown): value is GateEvent {
  if (!isObject(value)) return false;
  const { type, at, label } = value;
  if (typeof type !== 'string' || !Object.hasOwn(TYPES, type) || !Number.isFinite(at) || !isObject(label)) return false;
  const isLabel = typeof label['source'] === 'string' && Number.isSafeInteger(label['seq']) && 'timestamp' in label;
  return isLabel && TYPES[type as GateEvent['type']](value);
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  return isObject(value) ? (JSON.stringify(value) ?? 'an object') : describeValue(value);
}
