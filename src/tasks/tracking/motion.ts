/**
 * A coordinate that moves at a constant speed: the state of a Kalman filter and its covariance. The unit of time is a frame of
 * 1/30 s.
 */
export interface Motion {
  readonly at: number;
  readonly speed: number;
  /** The variance of `at`, that of `speed`, and their covariance. */
  readonly varAt: number;
  readonly varSpeed: number;
  readonly cov: number;
}

/** A coordinate that was measured once; `sdAt` and `sdSpeed` are the standard deviations. */
export function beginMotion(at: number, sdAt: number, sdSpeed: number): Motion {
  return { at, speed: 0, varAt: sdAt ** 2, varSpeed: sdSpeed ** 2, cov: 0 };
}

/**
 * Predicts the state after some frames; `sdAt` and `sdSpeed` are the standard deviations of the noise of one frame.
 *
 * The sums of the noise of n frames are written for any number n ≥ 0, so that two predictions over half of a time are the same as one
 * over all of it. For a whole number of frames the result is that of as many predictions over one frame.
 */
export function predictMotion(motion: Motion, n: number, sdAt: number, sdSpeed: number): Motion {
  const { at, speed, varAt, varSpeed, cov } = motion;
  const [noiseAt, noiseSpeed] = [sdAt ** 2, sdSpeed ** 2];
  return {
    at: at + n * speed,
    speed,
    varAt: varAt + 2 * n * cov + n ** 2 * varSpeed + n * noiseAt + ((n * (n - 1) * (2 * n - 1)) / 6) * noiseSpeed,
    varSpeed: varSpeed + n * noiseSpeed,
    cov: cov + n * varSpeed + ((n * (n - 1)) / 2) * noiseSpeed,
  };
}

/** Corrects the state by a measurement whose standard deviation is `sd`. */
export function correctMotion(motion: Motion, measured: number, sd: number): Motion {
  const { at, speed, varAt, varSpeed, cov } = motion;
  const whole = varAt + sd ** 2;
  const error = measured - at;
  return {
    at: at + (varAt / whole) * error,
    speed: speed + (cov / whole) * error,
    varAt: varAt - varAt ** 2 / whole,
    varSpeed: varSpeed - cov ** 2 / whole,
    cov: cov - (varAt * cov) / whole,
  };
}
