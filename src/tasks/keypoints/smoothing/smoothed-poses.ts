import type { Keypoint, Keypoints, Pose } from '../pose.ts';
import { matchPoses } from './match-poses.ts';
import { OneEuro, type OneEuroSettings } from './one-euro.ts';

/** Settings of the smoothing of poses. */
export interface PoseSettings extends OneEuroSettings {
  /** In microseconds. */
  readonly maxGap: number;
}

/** A point that is smoothed: its filters, and when it was seen. */
interface SmoothedPoint {
  readonly x: OneEuro;
  readonly y: OneEuro;
  at: number;
}

/** A pose that is followed: how it was last, when that was, and its points by their names. */
interface SmoothedPose {
  readonly last: Pose;
  readonly at: number;
  readonly points: Map<string, SmoothedPoint>;
}

/** The poses of one source. */
export class SmoothedPoses {
  readonly #settings: PoseSettings;
  #known: readonly SmoothedPose[] = [];

  constructor(settings: PoseSettings) {
    this.#settings = settings;
  }

  next({ poses, picture }: Keypoints, timestamp: number): Pose[] {
    const known = this.#known.filter(({ at }) => this.#follows(at, timestamp));
    const matched = matchPoses(
      poses,
      known.map(({ last }) => last),
    );
    const now = poses.map((last, i): SmoothedPose => ({
      last,
      at: timestamp,
      points: known[matched[i] as number]?.points ?? new Map<string, SmoothedPoint>(),
    }));
    this.#known = [...now, ...known.filter((_, i) => !matched.includes(i))];
    return now.map(({ last, points }) => ({
      ...last,
      points: last.points.map((point) => this.#smoothed(point, points, timestamp, picture.height)),
    }));
  }

  #smoothed(point: Keypoint, points: Map<string, SmoothedPoint>, timestamp: number, unit: number): Keypoint {
    const { name, x, y } = point;
    const old = points.get(name);
    if (!old || !this.#follows(old.at, timestamp)) {
      points.set(name, { x: new OneEuro(this.#settings, x), y: new OneEuro(this.#settings, y), at: timestamp });
      return point;
    }
    const seconds = (timestamp - old.at) / 1e6;
    old.at = timestamp;
    return { ...point, x: old.x.next(x, seconds, unit), y: old.y.next(y, seconds, unit) };
  }

  /** Whether what is seen now goes on with what was seen then. */
  #follows(then: number, now: number): boolean {
    return now > then && now - then <= this.#settings.maxGap;
  }
}
