import { isObservable, type Observable } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { count } from '../../stage/arguments.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import type { Arrivals } from './arrival.ts';
import type { Ledger } from './ledger.ts';
import { capacityOf, type Policy } from './policy.ts';

/** What of a gate's admission can be changed while it runs. */
export interface FrameSourceChanges {
  /** Default: `wait` for a source that can be pulled, `latest` for one that can't. */
  readonly policy?: Policy;
  /** How many leases may be open at once. Default: 2 for a source that can be pulled, 1 for one that can't. */
  readonly maxInFlight?: number;
  /** Frames that waited longer than this (ms) are dropped as `stale`. Default: no limit. */
  readonly maxAge?: number;
  /** Whether a stage that throws ends the stream or only loses its frame. Default `stop`. */
  readonly onError?: 'stop' | 'skip';
  /** How long (ms) all leases may be taken without one coming free, before it is a `StallError`. Default: a minute. */
  readonly stallTimeout?: number;
  /** Which frames' stages are timed. Default: all, the device's own timer on one in 30. */
  readonly profile?: Profile;
}

/** Which frames carry a trace, and which of them say what the device worked. */
export interface Profile {
  /** Times the stages of one frame in so many of those let in; the others carry no trace. `Infinity`: none. */
  readonly every: number;
  /**
   * Asks the device's timer (webgl, webgpu), and times stages that are merged one by one (onnxruntime), on one in so many of
   * those that are timed. Default: 30 for a camera, 100 for a file; `Infinity`: none.
   */
  readonly deviceEvery?: number;
}

/** How a source's frames are let in. */
export interface FrameSourceOptions extends FrameSourceChanges {
  /** The source's name, used in labels and errors. */
  readonly source: string;
  /** Changes to apply while the source runs; a wrong one is an `OptionError` on the stream. */
  readonly changes?: Observable<FrameSourceChanges>;
  /** The account to go on with; default: a new one. */
  readonly ledger?: Ledger;
}

const CHANGES_NAMES: OptionNames<FrameSourceChanges> = {
  policy: true,
  maxInFlight: true,
  maxAge: true,
  onError: true,
  stallTimeout: true,
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

/** @internal What a gate goes by. */
export type GateSettings = {
  readonly source: string;
  readonly profile: Required<Profile>;
} & Required<FrameSourceChanges>;

const A_MINUTE = 60_000;

/** One frame a second or so of a camera's, and fewer of a file's: to ask costs more than every frame should. */
const DEVICE_EVERY = { camera: 30, file: 100 };

/** @internal Checks the options and fills in their defaults. */
export function initialSettings(arrivals: Arrivals<unknown>, options: FrameSourceOptions): GateSettings {
  checkOptions('frameSource', options, FRAME_SOURCE_NAMES);
  const { source, changes: _changes, ledger: _ledger, ...admission } = options;
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
    stallTimeout: A_MINUTE,
    profile: { every: 1, deviceEvery: pulled ? DEVICE_EVERY.file : DEVICE_EVERY.camera },
  };
  return changedSettings(defaults, admission, pulled);
}

/** @internal The settings with changes to them; throws `OptionError` for an impossible one, and changes nothing then. */
export function changedSettings(settings: GateSettings, changes: FrameSourceChanges, pulled: boolean): GateSettings {
  const { source } = settings;
  checkOptions(`a change of ${source}`, changes, CHANGES_NAMES);
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const { policy, maxInFlight, maxAge, onError, stallTimeout, profile }: GateSettings = { ...settings, ...given };
  const wrong = (option: string, expected: string, came: unknown) =>
    new OptionError(`${source}: ${option} must be ${expected}, not ${describeValue(came)}`);
  capacityOf(source, policy);
  if (policy === 'wait' && !pulled) {
    throw new OptionError(
      `${source}: policy 'wait' is lossless, but this source cannot be asked to wait: its frames come by themselves ` +
        "and would queue without bound. Use 'latest', 'dropNewest' or { buffer: n }.",
    );
  }
  count(source, 'maxInFlight', maxInFlight);
  for (const [name, ms] of Object.entries({ maxAge, stallTimeout })) {
    if (typeof ms !== 'number' || !(ms > 0)) throw wrong(name, 'a number of ms over 0', ms);
  }
  if (onError !== 'stop' && onError !== 'skip') throw wrong('onError', "'stop' or 'skip'", onError);
  checkOptions<Profile>(`profile of ${source}`, profile, PROFILE_NAMES);
  const { every, deviceEvery = pulled ? DEVICE_EVERY.file : DEVICE_EVERY.camera }: Profile = profile;
  if (every !== Infinity) count(source, 'profile.every', every);
  if (deviceEvery !== Infinity) count(source, 'profile.deviceEvery', deviceEvery);
  return { source, policy, maxInFlight, maxAge, onError, stallTimeout, profile: { every, deviceEvery } };
}

function isIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}
