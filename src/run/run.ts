import type { Observable, Subscriber } from 'rxjs';
import * as tf from '@tensorflow/tfjs-core';
import { engineIsReady, graphEngine, timingMethod } from '../engines/current-engine.ts';
import type { Device } from '../engines/device.ts';
import { engineReady, isAllLoaded } from '../engines/engine.ts';
import { deviceBehind, deviceTimes, lossOf } from '../engines/gpu.ts';
import { contextLost, isContextLost } from '../errors/context-lost.ts';
import { EngineError, ShapeError, StageError } from '../errors/errors.ts';
import { subscribeWithin } from '../frames/subscribe-within.ts';
import { emit } from '../frames/emit.ts';
import { releaseAll } from '../frames/release-all.ts';
import type { Frame } from '../frames/frame.ts';
import { runAsync } from './async-run.ts';
import { Kernels } from './kernels.ts';
import { splitAtAsync } from './split-at-async.ts';
import { viewAfter } from '../stage/view-after.ts';
import { runGroups } from '../engines/run-groups.ts';
import type { NamedStage } from '../stage/stage.ts';
import { now } from '../frames/clock.ts';
import type { TimingMethod } from '../frames/trace.ts';
import { pageTurn, tellWarmUp, type WarmUp } from '../engines/warm-ups.ts';

/**
 * One subscription to a chain. It owns the kernels and takes each frame through all of them synchronously.
 *
 * When the GPU is lost, the current frame fails. Frames that arrive then wait until the kernels are built again.
 */
class Run {
  readonly #parts: readonly NamedStage[];
  readonly #kernels: Kernels;
  readonly #upstream: Observable<Frame<unknown>>;
  readonly #subscriber: Subscriber<Frame<unknown>>;
  /** Frames that arrived while the kernels were being built again. */
  readonly #waiting: Frame<unknown>[] = [];
  #warming: Generator<WarmUp, void> | undefined;
  #device: Device | undefined;
  #method: TimingMethod = 'unavailable';
  #ready = false;
  #begun = false;
  #end: (() => void) | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(
    parts: readonly NamedStage[],
    upstream: Observable<Frame<unknown>>,
    subscriber: Subscriber<Frame<unknown>>,
  ) {
    this.#parts = parts;
    this.#kernels = new Kernels(parts);
    this.#upstream = upstream;
    this.#subscriber = subscriber;
  }

  /** Subscribes to the source once an engine is ready and the stages are warmed up. */
  start(): void {
    if (this.#subscriber.closed) return;
    if (!engineIsReady() || !isAllLoaded()) {
      engineReady().then(
        () => this.start(),
        (error: unknown) => this.#subscriber.error(error),
      );
      return;
    }
    try {
      if (graphEngine()?.run(this.#parts, this.#upstream, this.#subscriber, runSync)) return;
    } catch (error) {
      // A declared input shape that a later stage cannot take.
      this.#subscriber.error(error);
      return;
    }
    this.#device = deviceBehind(tf.getBackend());
    this.#stopWatching = this.#device?.onLoss(() => this.#restart());
    this.#method = timingMethod();
    this.#warming = this.#kernels.warmUp();
    this.#warm(this.#warming);
  }

  stop(): void {
    this.#reset();
    releaseAll(this.#waiting.splice(0));
  }

  /** Warms up the stages one by one, and lets the page do other work between them. */
  #warm(steps: Generator<WarmUp, void>): void {
    try {
      for (let step = steps.next(); !step.done; step = steps.next()) {
        tellWarmUp(step.value);
        // A listener may have unsubscribed, and after a loss another warm-up is running.
        if (steps !== this.#warming) return;
        const turn = pageTurn();
        if (!turn) continue;
        void turn.then(() => (steps === this.#warming ? this.#warm(steps) : undefined));
        return;
      }
    } catch (error) {
      if (!this.#device?.isLost) this.#subscriber.error(error);
      return;
    }
    // Reading `isLost` of a lost device makes it call `onLoss`, which starts again.
    if (this.#device?.isLost) return;
    this.#warming = undefined;
    this.#ready = true;
    this.#go();
  }

  #go(): void {
    if (!this.#begun) {
      this.#begun = true;
      subscribeWithin(this.#upstream, this.#subscriber, {
        next: (frame) => this.#next(frame),
        error: (error: unknown) => this.#finish(() => this.#subscriber.error(error)),
        complete: () => this.#finish(() => this.#subscriber.complete()),
      });
      return;
    }
    while (this.#ready && !this.#device?.isLost) {
      const frame = this.#waiting.shift();
      if (!frame) break;
      this.#take(frame);
      frame.release();
    }
    if (this.#ready) this.#end?.();
  }

  /** Ends after the frames that wait. */
  #finish(end: () => void): void {
    this.#end = end;
    if (this.#ready && this.#waiting.length === 0) end();
  }

  #next(frame: Frame<unknown>): void {
    if (this.#ready && !this.#device?.isLost) this.#take(frame);
    else this.#waiting.push(frame.hold('a pipe whose engine restarts'));
  }

  #take(frame: Frame<unknown>): void {
    let output: Frame<unknown>;
    try {
      const loss = lossOf(frame);
      if (loss) throw loss;
      output = this.#run(frame);
    } catch (error) {
      this.#fail(frame, error);
      return;
    }
    emit(output, this.#subscriber);
  }

  #run(frame: Frame<unknown>): Frame<unknown> {
    const { data, label, trace: before } = frame;
    const kernels = this.#kernels;
    if (before?.closed) return frame.derive(kernels.run(data, { label }), before, viewAfter(this.#parts, frame));
    const marks = [now()];
    const device = before?.asksDevice ? deviceTimes() : undefined;
    const value = kernels.run(data, { label, marks, device });
    const { names: stages, pictures } = kernels;
    const asksDevice = before?.asksDevice === true;
    const trace = { stages, marks, method: this.#method, pictures, before, asksDevice, device };
    return frame.derive(value, trace, viewAfter(this.#parts, frame));
  }

  /** The gate decides whether a frame that fails ends the pipe. Any other error ends it at once. */
  #fail(frame: Frame<unknown>, thrown: unknown): void {
    const { label } = frame;
    const error = this.#device?.isLost
      ? contextLost(label, this.#device.engine)
      : thrown instanceof ShapeError
        ? new ShapeError(thrown.message, { stage: thrown.stage, frame: label, cause: thrown })
        : thrown;
    const ofFrame = error instanceof StageError || error instanceof ShapeError;
    const isLoss = error instanceof EngineError && isContextLost(error);
    if (!(ofFrame || isLoss) || frame.lease.fail(error) === 'stop') this.#subscriber.error(error);
  }

  #restart(): void {
    this.#reset();
    // Not synchronously: this is called while other code reads `isLost`.
    queueMicrotask(() => this.start());
  }

  #reset(): void {
    this.#ready = false;
    this.#stopWatching?.();
    this.#warming?.return();
    this.#warming = undefined;
    this.#kernels.dispose();
  }
}

/** @internal Runs stages on frames until the subscriber unsubscribes. Each asynchronous stage takes the frames on its own. */
export function runOf(
  parts: readonly NamedStage[],
  frames: Observable<Frame<unknown>>,
  subscriber: Subscriber<Frame<unknown>>,
): void {
  const groups = splitAtAsync(parts, runSync, runAsync);
  if (groups) runGroups(parts, groups, frames, subscriber);
  else runSync(parts, frames, subscriber);
}

function runSync(
  parts: readonly NamedStage[],
  frames: Observable<Frame<unknown>>,
  subscriber: Subscriber<Frame<unknown>>,
): void {
  const run = new Run(parts, frames, subscriber);
  subscriber.add(() => run.stop());
  run.start();
}
