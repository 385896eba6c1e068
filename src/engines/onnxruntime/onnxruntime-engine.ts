import type { NamedStage } from '../../stage/stage.ts';
import type { GraphEngine, RunStages } from '../graph-engine.ts';
import type { Batching } from './batching.ts';
import { GraphRun } from './graph-run.ts';
import { probe } from './graph-session.ts';
import { IN_NODE } from '../in-node.ts';
import { machineLimits } from '../machine-limits.ts';
import { groupStages } from './group-stages.ts';
import { loadRuntime, type OnnxRuntimeOptions } from './load-runtime.ts';
import type { SessionSettings } from './runtime.ts';
import { runGroups, type StageGroup } from '../run-groups.ts';
import { splitBeforeDense } from './split-before-dense.ts';

/** Starts ONNX Runtime. Throws `OptionError` for wrong options, and `EngineError` if it is not installed or does not work. */
export async function startOnnxRuntime(options: OnnxRuntimeOptions): Promise<GraphEngine> {
  const settings = await loadRuntime(options);
  await probe(settings);
  const asGraph =
    (batching: Batching): RunStages =>
    (parts, frames, subscriber) =>
      new GraphRun(parts, settings, subscriber, batching).start(frames);
  const placed = (group: readonly NamedStage[], onTfjs: RunStages): StageGroup[] => {
    if (!group.at(-1)?.stage.compilable) return [{ parts: group, run: onTfjs }];
    const [convolutions, dense] = splitBeforeDense(group);
    if (dense.length === 0) return [{ parts: group, run: asGraph('together') }];
    return [
      { parts: convolutions, run: asGraph('one-by-one') },
      { parts: dense, run: asGraph('together') },
    ];
  };
  return {
    note: options.threads === undefined ? threadsNote(settings) : undefined,
    run(parts, frames, subscriber, onTfjs) {
      if (!parts.some(({ stage }) => stage.compilable)) return false;
      const groups = groupStages(parts, settings.takesPixels).flatMap((group) => placed(group, onTfjs));
      runGroups(parts, groups, frames, subscriber);
      return true;
    },
  };
}

/** Says that a quota, and not the machine, decided over the number of threads. */
function threadsNote({ threads }: SessionSettings): string | undefined {
  const { coresLimit } = IN_NODE ? machineLimits() : {};
  return coresLimit && `on ${threads} ${threads === 1 ? 'thread' : 'threads'}, because ${coresLimit}`;
}
