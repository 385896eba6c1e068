import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { count, numberUpTo } from '../../stage/arguments.ts';

/** Options of {@link track}. */
export interface TrackOptions {
  /** Boxes with at least this score are matched first, with all tracks. From 0 to 1. Default 0.6. */
  readonly highScore?: number;
  /**
   * Boxes from this score to `highScore` are matched afterwards, with the tracks of the last frame that are left. Boxes under it are
   * ignored. From 0 to `highScore`, which turns the second step off. Default 0.1.
   */
  readonly lowScore?: number;
  /** A box that is left begins a track if it has at least this score. From `highScore` to 1. Default `highScore` + 0.1. */
  readonly newScore?: number;
  /** The least intersection over union of a track and a box of `highScore`, from 0 to 1. Default 0.2. */
  readonly highIou?: number;
  /** The least intersection over union of a track and a box under `highScore`, from 0 to 1. Default 0.5. */
  readonly lowIou?: number;
  /** The least intersection over union of a track that was seen once and its second box, from 0 to 1. Default 0.3. */
  readonly newIou?: number;
  /** How long a track without a box can be found again, in milliseconds of the stream's time. Default 1000. */
  readonly keepFor?: number;
  /** Whether a track may go on with a box of another label. Default false. */
  readonly acrossClasses?: boolean;
  /**
   * The most tracks of a source at a time, and the most boxes of a frame that are looked at: those with the best scores. Lost
   * tracks make room for others, the longest lost first. Default 1000.
   */
  readonly maxTracks?: number;
}

const NAMES: OptionNames<TrackOptions> = {
  highScore: true,
  lowScore: true,
  newScore: true,
  highIou: true,
  lowIou: true,
  newIou: true,
  keepFor: true,
  acrossClasses: true,
  maxTracks: true,
};

/** Returns the options with their defaults. Throws `OptionError`. */
export function checkedTrackOptions(options: TrackOptions): Required<TrackOptions> {
  const who = 'track';
  checkOptions(who, options, NAMES);
  const { highScore = 0.6, highIou = 0.2, lowIou = 0.5, newIou = 0.3 } = options;
  const { keepFor = 1000, acrossClasses = false, maxTracks = 1000 } = options;
  numberUpTo(who, 'highScore', highScore, 1);
  const { lowScore = Math.min(0.1, highScore), newScore = Math.min(1, highScore + 0.1) } = options;
  for (const [name, value] of Object.entries({ lowScore, newScore, highIou, lowIou, newIou })) {
    numberUpTo(who, name, value, 1);
  }
  if (lowScore > highScore) {
    throw new OptionError(`${who}: lowScore must be at most highScore, ${highScore}, not ${lowScore}`, { stage: who });
  }
  if (newScore < highScore) {
    throw new OptionError(`${who}: newScore must be at least highScore, ${highScore}, not ${newScore}`, { stage: who });
  }
  numberUpTo(who, 'keepFor', keepFor, Infinity);
  if (typeof acrossClasses !== 'boolean') {
    throw new OptionError(`${who}: acrossClasses must be true or false, not ${describeValue(acrossClasses)}`, {
      stage: who,
    });
  }
  count(who, 'maxTracks', maxTracks);
  return { highScore, lowScore, newScore, highIou, lowIou, newIou, keepFor, acrossClasses, maxTracks };
}
