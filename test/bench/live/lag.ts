import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { from, lastValueFrom, Observable, tap } from 'rxjs';
import { frameSource, markDelivered, type Arrival, type Frame, type Source } from 'sluice';
import { videoFile } from 'sluice/node';
import { frameClock } from '../overload/frame-clock.ts';
import { FPS, liveInput } from './live-input.ts';

const SIDE = 224;
const BYTES = SIDE * SIDE * 3;

/** How old the results of one way were, in ms, and how many frames it left out. */
export interface Lag {
  readonly name: string;
  readonly ages: readonly number[];
  readonly produced: number;
  readonly replaced: number;
}

/** Keeps the thread busy, as a model on wasm does. */
function compute(ms: number): void {
  for (const start = performance.now(); performance.now() - start < ms;);
}

/** Frames of a live stream, from the pipe of an ffmpeg. */
async function* piped(seconds: number): AsyncGenerator<Arrival<Uint8Array>> {
  const input = liveInput(`${SIDE}x${SIDE}`, seconds);
  const child = spawn('ffmpeg', [...input, '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let [frame, filled, n] = [new Uint8Array(BYTES), 0, 0];
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length;) {
      const count = Math.min(chunk.length - at, BYTES - filled);
      frame.set(chunk.subarray(at, at + count), filled);
      at += count;
      filled += count;
      if (filled < BYTES) break;
      yield { data: frame, timestamp: (n++ * 1e6) / FPS };
      [frame, filled] = [new Uint8Array(BYTES), 0];
    }
  }
}

/** The loop that one writes first: read a frame, compute, and again. */
async function plainLoop(seconds: number, ms: number): Promise<Lag> {
  const clock = frameClock();
  const ages: number[] = [];
  for await (const { timestamp } of piped(seconds)) {
    clock.saw(timestamp, performance.now());
    compute(ms);
    ages.push(clock.age(timestamp, performance.now()));
  }
  return { name: 'plain loop over a pipe', ages, produced: ages.length, replaced: 0 };
}

async function sluiced(name: string, source: Source<unknown>, ms: number): Promise<Lag> {
  const clock = frameClock();
  source.events.subscribe(({ type, label, at }) => type === 'arrived' && clock.saw(label.timestamp, at));
  const ages: number[] = [];
  const model = tap<Frame<unknown>>(() => compute(ms));
  const labelled = tap<{ label: { timestamp: number } }>(({ label }) =>
    ages.push(clock.age(label.timestamp, performance.now())),
  );
  await lastValueFrom(source.pipe(model, markDelivered(), labelled));
  const { produced, dropped } = source.ledger.counts;
  return { name, ages, produced, replaced: dropped.replaced };
}

async function overHttp(seconds: number, ms: number): Promise<Lag> {
  const script = path.join(import.meta.dirname, 'server.ts');
  const stdio = ['ignore', 'pipe', 'inherit', 'ipc'] as const;
  const server = spawn(process.execPath, ['--import', 'tsx', script, '640x360', String(seconds)], {
    stdio: [...stdio],
  });
  try {
    const [port] = (await once(server.stdout as Readable, 'data')) as [Buffer];
    const options = { policy: 'latest', resize: { width: SIDE, height: SIDE } } as const;
    const source = videoFile(`http://127.0.0.1:${String(port).trim()}/live.ts`, options);
    return await sluiced('sluice, videoFile(url, latest)', source, ms);
  } finally {
    server.kill();
  }
}

/** A live source of 20 frames/s and a model of `ms` on the thread: a loop written by hand, and sluice. */
export async function lags(seconds: number, ms: number): Promise<Lag[]> {
  const observable = new Observable<Arrival<Uint8Array>>((subscriber) => from(piped(seconds)).subscribe(subscriber));
  return [
    await plainLoop(seconds, ms),
    await sluiced('sluice, frameSource(Observable)', frameSource(observable, { source: 'pipe' }), ms),
    await overHttp(seconds, ms),
  ];
}
