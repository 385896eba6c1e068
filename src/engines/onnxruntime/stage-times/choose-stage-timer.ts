import type { GraphDefinition } from '../loaded-graph.ts';
import { mergedTimeOnly } from './merged-time-only.ts';
import { ProfiledByRuntime } from './profiled-by-runtime.ts';
import { SampledStageByStage } from './sampled-stage-by-stage.ts';
import type { StageTimer } from './stage-timer.ts';

/** Chooses how the stages of a merged graph are timed. */
export function chooseStageTimer({ name, parts, settings }: GraphDefinition): StageTimer {
  if (parts.length <= 1) return mergedTimeOnly;
  // Alone, a layer would compute with floats that is integers behind a rounding.
  const isRounded = parts.some(({ stage }) => stage.spec.op === 'fakeQuantize');
  if (isRounded && settings.stageTimes === 'apart') return mergedTimeOnly;
  const stages = parts.map((part) => part.name);
  return settings.stageTimes === 'apart' ? new SampledStageByStage(name, stages) : new ProfiledByRuntime(name, stages);
}
