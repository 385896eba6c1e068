import type { Shape } from '../../stage/shape.ts';
import type { NamedStage } from '../../stage/stage.ts';

/**
 * Groups adjacent stages: those that ONNX Runtime can run, and those that stay on tfjs, in turn. Every stage gets its own
 * input shape if the first one's is declared. A stage that takes pictures starts the group of the graph after it if that
 * graph may take a picture's bytes (`takesPixels`).
 */
export function groupStages(parts: readonly NamedStage[], takesPixels: boolean): NamedStage[][] {
  const groups: NamedStage[][] = [];
  let shape: Shape | undefined;
  const inGraph = (i: number): boolean => {
    const { compilable, fromPixels } = parts[i]?.stage ?? {};
    return compilable === true || (takesPixels && fromPixels !== undefined && parts[i + 1]?.stage.compilable === true);
  };
  for (const [i, part] of parts.entries()) {
    shape = part.inputShape ?? shape;
    const begins = part.stage.fromPixels !== undefined && inGraph(i);
    const placed = { ...part, inputShape: shape };
    if (i > 0 && !begins && inGraph(i) === inGraph(i - 1)) groups.at(-1)?.push(placed);
    else groups.push([placed]);
    shape = shape && part.stage.outputShape(shape);
  }
  return groups;
}
