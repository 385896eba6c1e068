/**
 * The module worker of `inWorker`. It builds the model that the page sends and answers each picture with the model's result.
 * It exports nothing. If a bundler can't find the worker's script, write a script with the line `import 'sluice/worker'`,
 * and pass a function that starts it to `inWorker` as `worker`.
 *
 * @module sluice/worker
 */

import { Observable, type Subscriber } from 'rxjs';
import type { FrameResult } from '../tasks/frame-result.ts';
import { infer } from '../models/infer.ts';
import { useEngine } from '../engines/engine.ts';
import type { FrameLabel } from '../errors/frame-label.ts';
import type { SluiceError } from '../errors/errors.ts';
import { emit } from '../frames/emit.ts';
import { Frame } from '../frames/frame.ts';
import { Lease } from '../frames/lease.ts';
import { Grabber } from '../sources/browser/grabber.ts';
import type { Pixels } from '../stage/pixels.ts';
import type { Trace } from '../frames/trace.ts';
import { warmUps } from '../engines/warm-ups.ts';
import { toMessage } from './error-message.ts';
import { receivedModel } from './received-model.ts';
import { own, shared, type Answer, type CameraFrame, type Picture, type Start } from './messages.ts';

/** A frame label with the picture's id. `source` and `seq` alone may not be unique. */
interface LabelWithId extends FrameLabel {
  readonly id: number;
}

const port = globalThis as unknown as {
  postMessage(answer: Answer, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<Start | Picture>) => void): void;
};
/** The memory of the pictures in progress, by id. The answers transfer it back. */
const memory = new Map<number, ArrayBuffer>();
let frames: Subscriber<Frame<Pixels>> | undefined;

warmUps.subscribe((progress) => port.postMessage({ type: 'warm-up', progress }, []));
port.addEventListener('message', ({ data }) => {
  if (data.type === 'picture') take(data);
  else if (data.type === 'start') start(data).catch(broken);
});

async function start({ model: sent, engine, setup, options }: Start): Promise<void> {
  const chosen = await useEngine(engine, setup);
  const model = await receivedModel(sent);
  // The pipeline subscribes when it is warmed up. From then on the page may send pictures.
  const pictures = new Observable<Frame<Pixels>>((subscriber) => {
    frames = subscriber;
    port.postMessage({ type: 'ready', engine: chosen }, []);
  });
  pictures.pipe(infer(model, options)).subscribe({ next: answer, error: broken });
}

function take({ id, label, picture, leftAt, timed, asksDevice }: Picture): void {
  if (!frames) return;
  const pixels = 'frame' in picture ? pixelsOf(picture) : picture;
  memory.set(id, pixels.data.buffer as ArrayBuffer);
  const labelWithId: LabelWithId = { ...label, id };
  const marks = Number.isNaN(leftAt) ? [] : [own(leftAt)];
  const trace: Trace = { stages: [], marks, method: 'unavailable', before: undefined, closed: !timed, asksDevice };
  emit(Frame.of(pixels, labelWithId, new Lease({ failed, closed: () => undefined }), trace), frames);
}

let grabber: { readonly key: string; readonly grabber: Grabber } | undefined;

/** Reads the pixels of a camera's frame as the page would. */
function pixelsOf({ frame, options }: CameraFrame): Pixels {
  const key = JSON.stringify(options);
  if (grabber?.key !== key) grabber = { key, grabber: new Grabber({ resize: options.resize, flip: options.flip }) };
  try {
    return grabber.grabber.grab(frame, frame.displayWidth, frame.displayHeight);
  } finally {
    frame.close();
  }
}

function answer(frameResult: FrameResult<object>): void {
  // The result has all fields of its frame's label, so it has the picture's id.
  const {
    id,
    source: _s,
    seq: _q,
    timestamp: _t,
    latencyMs: _l,
    ...rest
  } = frameResult as FrameResult<object> & LabelWithId;
  const { timings: ownTimings, ...result } = rest;
  const timings = ownTimings.map((timing) => ({ ...timing, startMs: shared(timing.startMs) }));
  const picture = takeMemory(id);
  port.postMessage({ type: 'result', id, result, timings, memory: picture }, [picture]);
}

/** Sends the error of a frame. The page decides whether its stream continues, so this stream always does. */
function failed(error: SluiceError): 'skip' {
  const { id, ...frame } = error.frame as LabelWithId;
  const picture = takeMemory(id);
  port.postMessage({ type: 'failed', id, error: { ...toMessage(error), frame }, memory: picture }, [picture]);
  return 'skip';
}

function takeMemory(id: number): ArrayBuffer {
  const picture = memory.get(id) ?? new ArrayBuffer();
  memory.delete(id);
  return picture;
}

function broken(error: unknown): void {
  port.postMessage({ type: 'broken', error: toMessage(error) }, []);
}
