import type { Tensor } from '@tensorflow/tfjs-core';
import type { OperatorFunction } from 'rxjs';
import { describeValue } from '../errors/describe-value.ts';
import { ShapeError } from '../errors/errors.ts';
import { inOrder } from '../flow/operators/in-order.ts';
import { now } from '../frames/clock.ts';
import type { Frame } from '../frames/frame.ts';
import { arrivalOf, readTimings, settleDeviceTimes, type Trace } from '../frames/trace.ts';
import { NamedTensors } from '../stage/named-tensors.ts';
import type { Shape } from '../stage/shape.ts';
import type { FrameResult } from './frame-result.ts';
import { shapesIn } from './placed-outputs.ts';
import type { OutputReader } from './task.ts';

/**
 * Reads each frame's output back from the device and turns it into a result. At most `inFlight` readbacks run at once.
 * Results keep the frames' order. A frame's lease stays open until its result is emitted.
 */
export function readOutputs<T extends object>(
  reader: OutputReader<T>,
  inFlight = 2,
): OperatorFunction<Frame<Tensor>, FrameResult<T>> {
  const { name } = reader;
  return inOrder(
    inFlight,
    async (frame) => {
      const startedAt = now();
      const result = await reader.read(frame.data, frame.view);
      if (frame.trace?.asksDevice) await settleDeviceTimes(frame.trace);
      return { ...frame.label, ...result, ...timesOf(name, frame, startedAt, now()) };
    },
    { name, check: (frame) => checkOutput(reader, frame) },
  );
}

/** The frame's timings, including the readback, and its latency. */
function timesOf(
  name: string,
  { trace }: Frame<Tensor>,
  startedAt: number,
  at: number,
): Pick<FrameResult<object>, 'timings' | 'latencyMs'> {
  if (trace?.closed) return { timings: [], latencyMs: at - arrivalOf(trace) };
  const whole: Trace = { stages: [name], marks: [startedAt, at], method: 'synced-wall', before: trace };
  return { timings: readTimings(whole), latencyMs: at - arrivalOf(whole) };
}

function checkOutput(reader: OutputReader<object>, { data, label }: Frame<Tensor>): void {
  const { name } = reader;
  const context = { stage: name, frame: label };
  const isSeveral = (data as unknown) instanceof NamedTensors;
  if (!isTensor(data) && !isSeveral) {
    throw new ShapeError(`${name} needs a tensor, but got ${describeValue(data)}`, context);
  }
  try {
    checkShapes(reader, isSeveral ? shapesIn((data as unknown as NamedTensors).tensors) : undefined, data.shape);
  } catch (error) {
    throw error instanceof ShapeError ? new ShapeError(`${name} ${error.message}`, context) : error;
  }
}

/** Checks the shape of one output, or those of several. Throws `ShapeError`. */
export function checkShapes(
  reader: OutputReader<object>,
  shapes: Readonly<Record<string, Shape>> | undefined,
  shape: Shape,
): void {
  if (!shapes) reader.checkShape(shape);
  else if (reader.checkShapes) reader.checkShapes(shapes);
  else throw new ShapeError(`needs one output, but got several: ${Object.keys(shapes).join(', ')}`);
}

/** Checks members instead of the class, since the tensor may come from another copy of tfjs. */
function isTensor(data: unknown): data is Tensor {
  return (
    typeof data === 'object' && data !== null && 'shape' in data && 'data' in data && typeof data.data === 'function'
  );
}
