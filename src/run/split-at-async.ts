import type { RunStages } from '../engines/graph-engine.ts';
import type { StageGroup } from '../engines/run-groups.ts';
import type { Shape } from '../stage/shape.ts';
import type { NamedStage } from '../stage/stage.ts';

/**
 * @internal Groups stages so that each asynchronous one is alone. Every stage gets its own input shape if the first one's is
 * declared, up to a stage whose output varies, or is several tensors. Undefined if no stage is asynchronous.
 */
export function splitAtAsync(
  parts: readonly NamedStage[],
  runSync: RunStages,
  runAsync: RunStages,
): StageGroup[] | undefined {
  if (!parts.some(({ stage }) => stage.asynchronous)) return undefined;
  const groups: { parts: NamedStage[]; run: RunStages }[] = [];
  let shape: Shape | undefined;
  for (const part of parts) {
    const { stage } = part;
    shape = part.inputShape ?? shape;
    const run = stage.asynchronous ? runAsync : runSync;
    const last = groups.at(-1);
    const placed = { ...part, inputShape: shape };
    if (last?.run === runSync && run === runSync) last.parts.push(placed);
    else groups.push({ parts: [placed], run });
    const isOpen = stage.asynchronous?.variesInShape || stage.outputShapes;
    shape = isOpen ? undefined : shape && stage.outputShape(shape);
  }
  return groups;
}
