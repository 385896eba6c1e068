/** The thread of a {@link LiveDecoding}: decodes without a break, whatever the main thread does. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf, SluiceError } from '../../errors/errors.ts';
import type { Pixels } from '../../stage/pixels.ts';
import { onChild } from '../ffmpeg/children.ts';
import { Decoding } from '../ffmpeg/decoding.ts';
import { Media } from '../ffmpeg/media.ts';
import { KeptFrames } from './kept-frames.ts';
import type { LiveMessage, LiveOrder, LiveTask } from './live-message.ts';

interface LiveFrame {
  readonly data: Pixels;
  readonly timestamp: number;
  readonly at: number;
}

if (!parentPort) throw new Error('live-worker runs in a thread of its own');
const port = parentPort;
const { where, media, options, kept } = workerData as LiveTask;
const tell = (message: LiveMessage, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

onChild((pid, runs) => tell({ type: 'child', pid, runs }));
const onWarning = (warning: Extract<LiveMessage, { type: 'warning' }>['warning']) => tell({ type: 'warning', warning });
const decoding = new Decoding(new Media(where, options, media), { ...options, onWarning });
const frames = new KeptFrames<LiveFrame>(kept, {
  give: (frame) => tell({ type: 'frame', ...frame }, [frame.data.data.buffer as ArrayBuffer]),
  drop: ({ data, ...when }, cause) => tell({ type: 'dropped', bytes: data.data.byteLength, ...when, cause }),
});
let end: LiveMessage | undefined;
let wake = (): void => undefined;

port.on('message', (order: LiveOrder) => {
  if (order.type === 'next') frames.ask();
  else if (order.type === 'keep') frames.keep(order.kept);
  else void decoding.return().then(() => port.close());
  wake();
  tellEnd();
});

/** After the last frame: the end is an answer too. */
function tellEnd(): void {
  if (end && frames.asked > 0) tell(end);
}

async function read(): Promise<void> {
  for (;;) {
    while (!frames.wantsMore) await new Promise<void>((resolve) => (wake = resolve));
    const { done, value } = await decoding.next();
    if (done) return;
    frames.arrive({ data: value.data, timestamp: value.timestamp, at: performance.timeOrigin + performance.now() });
  }
}

read()
  .then(
    () => (end = { type: 'end' }),
    (error: unknown) => {
      const code = error instanceof SluiceError ? error.code : 'decode-failed';
      end = { type: 'failed', code, message: messageOf(error) };
    },
  )
  .finally(tellEnd);
