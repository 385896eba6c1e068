import type { FromPixels } from '../../../stage/pixels.ts';
import type { NamedStage } from '../../../stage/stage.ts';
import type { SessionSettings } from '../runtime.ts';
import { mergedTimeOnly } from './merged-time-only.ts';
import { ProfiledByRuntime } from './profiled-by-runtime.ts';
import { SampledStageByStage } from './sampled-stage-by-stage.ts';
import type { StageTimer } from './stage-timer.ts';

/** Chooses how the stages of a merged graph are timed. `run` is the graph's name. */
export function chooseStageTimer(
  run: string,
  parts: readonly NamedStage[],
  settings: SessionSettings,
  pixels: FromPixels | undefined,
): StageTimer {
  if (parts.length <= 1) return mergedTimeOnly;
  if (settings.stageTimes === 'apart') return new SampledStageByStage(run, parts, settings, pixels);
  return new ProfiledByRuntime(
    run,
    parts.map(({ name }) => name),
  );
}
