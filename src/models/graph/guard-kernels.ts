import * as tf from '@tensorflow/tfjs-core';
import { WeightsError } from '../../errors/errors.ts';
import { tooMuch } from '../check-work.ts';
import { MAX_VALUES } from '../limits.ts';
import { isBoxes, tooManyBoxes } from './box-limit.ts';
import { estimateKernel, type Inputs } from './kernel-estimates.ts';
import type { LoadedGraphModel } from './load-graph.ts';

interface Engine {
  runKernel: (this: void, name: string, inputs: Inputs, attributes: never) => tf.Tensor | tf.Tensor[];
  read: (this: void, id: object) => Promise<unknown>;
}

/** @internal What a run may take. */
interface GuardLimits {
  /** The most work for one frame. */
  readonly most: number;
  /** How many frames go through together. */
  readonly frames: number;
  /** The most boxes that a tensor `[boxes, 4]` may hold. Default: any number. */
  readonly maxBoxes?: number | undefined;
}

/** Watches the kernels of a run. Throws if they would take too much. */
interface Guard {
  /** Before a kernel runs. */
  before(name: string, inputs: Inputs, attributes: never): void;
  /** After it has run. */
  after(output: tf.Tensor | tf.Tensor[]): void;
  /** Before numbers are read back, which a loop does once in each turn. */
  read(): void;
}

/** The guard of the run that is computing: all kernels that run now are its own. */
let current: Guard | undefined;
/** The guards of runs that wait in between. */
const waiting = new Set<Guard>();
/** How many runs there are that have not ended. */
let runs = 0;
let unwatch = (): void => undefined;

/**
 * @internal Runs a graph model. Every node that computes is a kernel of TensorFlow.js in the end; before a kernel runs, the
 * number of values that it gives and its work are estimated from the shapes and attributes that it gets. Throws `WeightsError` for a
 * kernel that would give more than `MAX_VALUES`, and for work over `most`, so that neither memory nor time is taken.
 */
export function guarded<T>(file: string, limits: GuardLimits, run: () => T): T {
  const end = watch();
  try {
    return within(guardOf(file, limits), run);
  } finally {
    end();
  }
}

/**
 * @internal Does the same for a run that waits in between. A loop that computes nothing ends, too: each turn counts. If the run
 * fails, it frees the tensors that it has made: the converter does not.
 */
export async function guardedAsync<T>(
  file: string,
  limits: GuardLimits,
  model: LoadedGraphModel,
  run: () => Promise<T>,
): Promise<T> {
  const made: tf.Tensor[] = [];
  const guard = guardOf(file, limits, { least: LEAST_WORK, made });
  const end = watch();
  waiting.add(guard);
  const executors = executorsOf(model);
  const originals = executors.map(({ processStack }) => processStack);
  executors.forEach((executor, i) => {
    executor.processStack = (...args) =>
      within(guard, () => Reflect.apply(originals[i] as Executor['processStack'], executor, args));
  });
  try {
    return await run();
  } catch (error) {
    tf.dispose(made.filter(({ isDisposed }) => !isDisposed));
    throw error;
  } finally {
    executors.forEach((executor, i) => (executor.processStack = originals[i] as Executor['processStack']));
    waiting.delete(guard);
    end();
  }
}

/** What the converter runs nodes with. `processStack` runs all nodes whose inputs are there, without waiting. */
interface Executor {
  processStack: (this: void, ...args: unknown[]) => unknown;
}

/** The executors of a model and of its functions. */
function executorsOf(model: LoadedGraphModel): Executor[] {
  const { executor } = model as unknown as {
    readonly executor: Executor & { readonly functionExecutorMap: Readonly<Record<string, Executor>> };
  };
  return [executor, ...Object.values(executor.functionExecutorMap)];
}

/** Computes with a guard that watches. */
function within<T>(guard: Guard, compute: () => T): T {
  const before = current;
  current = guard;
  try {
    return compute();
  } finally {
    current = before;
  }
}

/** Lets guards watch the engine. Returns a function that ends that. */
function watch(): () => void {
  if (runs++ === 0) unwatch = watchEngine();
  return () => {
    if (--runs === 0) unwatch();
  };
}

function watchEngine(): () => void {
  const engine = tf.engine() as unknown as Engine;
  const { runKernel, read } = engine;
  let turnedAt = performance.now();
  engine.runKernel = (name, inputs, attributes) => {
    current?.before(name, inputs, attributes);
    const output = Reflect.apply(runKernel, engine, [name, inputs, attributes]);
    current?.after(output);
    return output;
  };
  engine.read = async (id) => {
    for (const guard of waiting) guard.read();
    // A loop awaits nothing that lets the process handle a signal.
    if (waiting.size > 0 && performance.now() - turnedAt > TURN_MS) {
      await new Promise((resolve) => setTimeout(resolve));
      turnedAt = performance.now();
    }
    return Reflect.apply(read, engine, [id]);
  };
  return () => {
    engine.runKernel = runKernel;
    engine.read = read;
  };
}

const TURN_MS = 50;
/** To start a kernel or to read a number takes about as long as this many multiply-adds. */
const LEAST_WORK = 1e4;

/** Each kernel and each reading counts as `least` at least. `made` gets what the kernels give. */
function guardOf(
  file: string,
  { most, frames, maxBoxes = Infinity }: GuardLimits,
  { least = 0, made }: { readonly least?: number; readonly made?: tf.Tensor[] } = {},
): Guard {
  let total = 0;
  const add = (work: number) => {
    total += work;
    if (total > most) throw tooMuch(file, 'operations together', total, most);
  };
  return {
    before(name, inputs, attributes) {
      if (UNKNOWN.has(name)) {
        throw new WeightsError(
          `${file}: its operation ${name} gives as many values as its input says, which is not supported`,
        );
      }
      const estimate = estimateKernel(name, inputs, attributes);
      const [values, work] = [estimate.values / frames, estimate.work / frames];
      if (!(values <= MAX_VALUES)) {
        throw new WeightsError(
          `${file}: its operation ${name} would give ${values} values, over the limit of ${MAX_VALUES}`,
        );
      }
      if (!(work <= most)) throw tooMuch(file, `operation ${name}`, work, most);
      add(Math.max(work, least / frames));
    },
    after(output) {
      if (!made && maxBoxes === Infinity) return;
      const outputs = [output].flat();
      made?.push(...outputs);
      const boxes = outputs.find(({ shape }) => isBoxes(shape) && (shape[0] ?? 0) > maxBoxes);
      if (boxes) throw tooManyBoxes(file, boxes.shape[0] ?? 0, maxBoxes);
    },
    read: () => add(least / frames),
  };
}

/** Kernels for tables and texts, whose output has a size that is only in the values of a tensor. */
const UNKNOWN: ReadonlySet<string> = new Set([
  tf.RaggedGather,
  tf.RaggedRange,
  tf.RaggedTensorToTensor,
  tf.SparseFillEmptyRows,
  tf.SparseSegmentMean,
  tf.SparseSegmentSum,
  tf.StringNGrams,
  tf.StringSplit,
]);
