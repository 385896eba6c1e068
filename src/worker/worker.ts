/**
 * The module worker behind `inWorker`: it builds the model that the page sends, and answers each picture with the model's
 * result. It exports nothing. Where a bundler cannot find the worker's script by itself, make a script of one line,
 * `import 'sluice/worker'`, and give it to `inWorker` as `worker`.
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
import { readModel } from '../models/model-file.ts';
import type { Pixels } from '../stage/pixels.ts';
import type { Trace } from '../frames/trace.ts';
import { warmUps } from '../engines/warm-ups.ts';
import { toMessage } from './error-message.ts';
import { own, shared, type Answer, type Picture, type Start } from './messages.ts';

/** A label that says which picture it is: sources may have the same name, and frames of theirs the same number. */
interface Numbered extends FrameLabel {
  readonly id: number;
}

const port = globalThis as unknown as {
  postMessage(answer: Answer, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<Start | Picture>) => void): void;
};
/** The memory of the pictures that are at work, to be given back. */
const memory = new Map<number, ArrayBuffer>();
let frames: Subscriber<Frame<Pixels>> | undefined;

warmUps.subscribe((progress) => port.postMessage({ type: 'warm-up', progress }, []));
port.addEventListener('message', ({ data }) => {
  if (data.type === 'picture') take(data);
  else if (data.type === 'start') start(data).catch(broken);
});

async function start({ model: file, engine, setup, options }: Start): Promise<void> {
  const chosen = await useEngine(engine, setup);
  const model = readModel(file, 'the model');
  // A chain subscribes when it is warm: then, and not before, pictures may come.
  const pictures = new Observable<Frame<Pixels>>((subscriber) => {
    frames = subscriber;
    port.postMessage({ type: 'ready', engine: chosen }, []);
  });
  pictures.pipe(infer(model, options)).subscribe({ next: tell, error: broken });
}

function take({ id, label, pixels, leftAt, timed, asksDevice }: Picture): void {
  if (!frames) return;
  memory.set(id, pixels.data.buffer as ArrayBuffer);
  const numbered: Numbered = { ...label, id };
  const marks = Number.isNaN(leftAt) ? [] : [own(leftAt)];
  const trace: Trace = { stages: [], marks, method: 'unavailable', before: undefined, closed: !timed, asksDevice };
  emit(Frame.of(pixels, numbered, new Lease({ failed, closed: () => undefined }), trace), frames);
}

function tell(frameResult: FrameResult<object>): void {
  const {
    id,
    source: _source,
    seq: _seq,
    timestamp: _timestamp,
    latencyMs: _latencyMs,
    ...told
  } = numbered(frameResult);
  const { timings: own, ...result } = told;
  const timings = own.map((timing) => ({ ...timing, startMs: shared(timing.startMs) }));
  const picture = takeMemory(id);
  port.postMessage({ type: 'result', id, result, timings, memory: picture }, [picture]);
}

/** A result has all of its frame's label, and so the picture's number. */
function numbered(frameResult: FrameResult<object>): FrameResult<object> & Numbered {
  return frameResult as FrameResult<object> & Numbered;
}

/** Whether the stream goes on without this frame is for the page's gate to say. */
function failed(error: SluiceError): 'skip' {
  const { id, ...frame } = error.frame as Numbered;
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
