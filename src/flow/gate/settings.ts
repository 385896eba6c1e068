import { isObservable, type Observable } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { count } from '../../stage/arguments.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { Arrivals } from './arrival.ts';
import type { Ledger } from './ledger.ts';
import { capacityOf, type Policy } from './policy.ts';

/** The options of a source that can be changed while it runs. */
export interface FrameSourceChanges {
  /** What happens to a frame that comes while all leases are taken. Default: `wait` for an iterable, `latest` for an Observable. */
  readonly policy?: Policy;
  /** How many leases may be open at once. Default: 2 for an iterable, 1 for an Observable. */
  readonly maxInFlight?: number;
  /** A frame that has waited longer than this (ms) is dropped as `stale`. Default: no limit. */
  readonly maxAge?: number;
  /** Whether a stage that throws ends the stream (`stop`, default), or only its frame is lost (`skip`). */
  readonly onError?: 'stop' | 'skip';
  /** After how long (ms) without a released lease, while all are taken, the stream fails with a `StallError`. Default 60,000. */
  readonly leaseTimeout?: number;
  /**
   * After how long (ms) without a frame, while one is waited for, the stream fails with a `SourceError` (code
   * `frame-timeout`). A camera is always waited for, also while the page is hidden. Default: no limit.
   */
  readonly frameTimeout?: number;
  /** On which frames the stages are timed. Default: on all, with the device's own timer on one in 30 (files: 100). */
  readonly profile?: Profile;
}

/** On which frames the stages are timed, and on which the device's own timer is used. */
export interface Profile {
  /** The stages are timed on one in this many admitted frames; the others have no timings. `Infinity`: on none. */
  readonly every: number;
  /**
   * On one in this many timed frames the device's own timer is used (webgl, webgpu), and merged stages are timed one by one
   * (onnxruntime with `stageTimes: 'apart'`). Default: 30 for an Observable, 100 for an iterable; `Infinity`: on none.
   */
  readonly deviceEvery?: number;
}

/** Options of {@link frameSource}: how the frames of a source are admitted. */
export interface FrameSourceOptions extends FrameSourceChanges {
  /** The source's name, used in labels and errors. Default `frames`. */
  readonly source?: string;
  /** Changes to apply while the source runs; a wrong one fails the stream with an `OptionError`. */
  readonly changes?: Observable<FrameSourceChanges>;
  /** The ledger to count in. Default: a new one. */
  readonly ledger?: Ledger;
}

const CHANGES_NAMES: OptionNames<FrameSourceChanges> = {
  policy: true,
  maxInFlight: true,
  maxAge: true,
  onError: true,
  leaseTimeout: true,
  frameTimeout: true,
  profile: true,
};

/** @internal The options that all sources have. */
export const SOURCE_NAMES: OptionNames<Omit<FrameSourceOptions, 'source'>> = {
  ...CHANGES_NAMES,
  changes: true,
  ledger: true,
};

/** @internal Of a source's options, those that all sources have. */
export function sourceOptions(options: Omit<FrameSourceOptions, 'source'>): Omit<FrameSourceOptions, 'source'> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(SOURCE_NAMES, name)));
}

/** @internal */
export const FRAME_SOURCE_NAMES: OptionNames<FrameSourceOptions> = { source: true, ...SOURCE_NAMES };

const PROFILE_NAMES: OptionNames<Profile> = { every: true, deviceEvery: true };

/** @internal The settings of a gate: its options with all defaults filled in. */
export type GateSettings = {
  readonly source: string;
  readonly profile: Required<Profile>;
} & Required<FrameSourceChanges>;

const A_MINUTE = 60_000;

/** About one frame a second: asking the device's timer costs too much for every frame. */
const DEVICE_EVERY = { camera: 30, file: 100 };

/** @internal Checks the options and fills in their defaults. */
export function initialSettings(arrivals: Arrivals<unknown>, options: FrameSourceOptions): GateSettings {
  checkOptions('frameSource', options, FRAME_SOURCE_NAMES);
  const { source = 'frames', changes: _changes, ledger: _ledger, ...admission } = options;
  if (typeof source !== 'string' || source === '') {
    throw new OptionError(`frameSource: source must be the source's name, not ${describeValue(source)}`);
  }
  const pulled = !isObservable(arrivals);
  if (pulled && !isIterable(arrivals)) {
    throw new OptionError(
      `${source}: arrivals must be an iterable, an async iterable or an Observable of { data, timestamp }, not ` +
        describeValue(arrivals),
    );
  }
  const defaults: GateSettings = {
    source,
    policy: pulled ? 'wait' : 'latest',
    maxInFlight: pulled ? 2 : 1,
    maxAge: Infinity,
    onError: 'stop',
    leaseTimeout: A_MINUTE,
    frameTimeout: Infinity,
    profile: { every: 1, deviceEvery: pulled ? DEVICE_EVERY.file : DEVICE_EVERY.camera },
  };
  return changedSettings(defaults, admission, pulled);
}

/** @internal The settings after changes; throws `OptionError` for an impossible one. */
export function changedSettings(settings: GateSettings, changes: FrameSourceChanges, pulled: boolean): GateSettings {
  const { source } = settings;
  checkOptions(`a change of ${source}`, changes, CHANGES_NAMES);
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const all: GateSettings = { ...settings, ...given };
  const { policy, maxInFlight, maxAge, onError, leaseTimeout, frameTimeout, profile } = all;
  const wrong = (option: string, expected: string, came: unknown) =>
    new OptionError(`${source}: ${option} must be ${expected}, not ${describeValue(came)}`);
  capacityOf(source, policy);
  if (policy === 'wait' && !pulled) {
    throw new OptionError(
      `${source}: policy 'wait' drops nothing, but an Observable cannot be made to wait: its frames ` +
        "would queue without bound. Use 'latest', 'dropNewest' or { buffer: n }.",
    );
  }
  count(source, 'maxInFlight', maxInFlight);
  for (const [name, ms] of Object.entries({ maxAge, leaseTimeout, frameTimeout })) {
    if (typeof ms !== 'number' || !(ms > 0)) throw wrong(name, 'a number of ms over 0', ms);
  }
  if (onError !== 'stop' && onError !== 'skip') throw wrong('onError', "'stop' or 'skip'", onError);
  checkOptions<Profile>(`profile of ${source}`, profile, PROFILE_NAMES);
  const { every, deviceEvery = pulled ? DEVICE_EVERY.file : DEVICE_EVERY.camera }: Profile = profile;
  if (every !== Infinity) count(source, 'profile.every', every);
  if (deviceEvery !== Infinity) count(source, 'profile.deviceEvery', deviceEvery);
  return { ...all, profile: { every, deviceEvery } };
}

function isIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}
