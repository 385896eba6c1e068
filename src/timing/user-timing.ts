import { tap, type MonoTypeOperatorFunction } from 'rxjs';
import type { FrameResult } from '../tasks/frame-result.ts';

/**
 * Shows the stages of each frame in the browser's Performance panel: a User Timing measure per stage, on custom tracks in the
 * group `sluice`.
 *
 * The measures reach a recording profiler and every `PerformanceObserver`. They are removed from the page's performance
 * buffer at once, so that it does not grow.
 *
 * @see {@link timingReport}, {@link toChromeTrace}
 *
 * @example
 * source.pipe(net, classify({ labels }), userTiming()).subscribe();
 */
export function userTiming<T extends object>(): MonoTypeOperatorFunction<FrameResult<T>> {
  return tap(({ source, seq, timings }) => {
    for (const { stage, startMs, submitMs, deviceMs, method } of timings) {
      const name = `sluice: ${stage}`;
      const properties = [
        ['frame', `${source} #${seq}`],
        ['method', method],
        ...(deviceMs === undefined ? [] : [['device', `${deviceMs.toFixed(3)} ms`]]),
      ];
      const devtools = { dataType: 'track-entry', track: stage, trackGroup: 'sluice', color: 'primary', properties };
      performance.measure(name, { start: startMs, end: startMs + submitMs, detail: { devtools } });
      performance.clearMeasures(name);
    }
  });
}
