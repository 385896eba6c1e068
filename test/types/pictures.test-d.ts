import type { Readable } from 'node:stream';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Observable } from 'rxjs';
import { expectTypeOf, test } from 'vitest';
import {
  frameSource,
  importModel,
  infer,
  type Arrival,
  type Arrivals,
  type Classification,
  type FrameData,
  type FrameResult,
  type LedgerCounts,
  type Model,
  type ModelSource,
  type Pixels,
  type Source,
} from 'sluice';
import type { WebcamSource } from 'sluice/browser';
import { rawFrames } from 'sluice/node';

declare const model: Model;

declare const loose: { width: number; height: number; channels: number; data: Uint8Array };

/** What sharp's types say: `channels` is a number. */
declare const fromSharp: {
  data: Buffer;
  info: { format: string; size: number; width: number; height: number; channels: number };
};

test('frameSource gives Pixels for any picture', () => {
  const one = <T>(data: T) => [{ data, timestamp: 0 }];
  expectTypeOf(frameSource(one({} as ImageData))).toEqualTypeOf<Source<Pixels>>();
  expectTypeOf(frameSource(one({} as OffscreenCanvas))).toEqualTypeOf<Source<Pixels>>();
  expectTypeOf(frameSource(one({} as HTMLCanvasElement))).toEqualTypeOf<Source<Pixels>>();
  expectTypeOf(frameSource(one(fromSharp))).toEqualTypeOf<Source<Pixels>>();
  expectTypeOf(frameSource(one(loose))).toEqualTypeOf<Source<Pixels>>();
  expectTypeOf(frameSource(one({} as Pixels))).toEqualTypeOf<Source<Pixels>>();
  expectTypeOf(frameSource({} as Observable<Arrival<ImageData>>)).toEqualTypeOf<Source<Pixels>>();
  expectTypeOf(frameSource(one(fromSharp)).pipe(infer(model))).toEqualTypeOf<Observable<FrameResult<Classification>>>();
});

test('frameSource leaves other data as it is', () => {
  expectTypeOf(frameSource({} as Arrivals<Tensor2D>)).toEqualTypeOf<Source<Tensor2D>>();
  expectTypeOf(frameSource({} as Arrivals<VideoFrame>)).toEqualTypeOf<Source<VideoFrame>>();
  expectTypeOf(frameSource([{ data: 'a', timestamp: 0 }], { source: 'demo' })).toEqualTypeOf<Source<string>>();
  expectTypeOf<FrameData<Pixels & { camera: string }>>().toEqualTypeOf<Pixels & { camera: string }>();
  const floats = { width: 1, height: 1, channels: 3, data: new Float32Array(3) };
  // @ts-expect-error: numbers that are no bytes are no picture
  frameSource([{ data: floats, timestamp: 0 }]).pipe(infer(model));
});

test('rawFrames', () => {
  // sharp's `channels: number` fits.
  const { width, height, channels } = fromSharp.info;
  expectTypeOf(rawFrames({} as Readable, { width, height, channels, fps: 25 })).toEqualTypeOf<Source<Pixels>>();
  // @ts-expect-error: the frame rate is needed for timestamps
  rawFrames({} as Readable, { width, height, channels });
  // @ts-expect-error: a web stream is no Readable
  rawFrames({} as ReadableStream, { width, height, channels, fps: 25 });
});

test('importModel takes a path, a URL and files', () => {
  expectTypeOf<ModelSource>().toEqualTypeOf<string | URL | readonly File[]>();
  expectTypeOf(importModel).parameter(0).toEqualTypeOf<ModelSource>();
  // @ts-expect-error: bytes are for readModel
  void importModel(new Uint8Array());
});

test('discarded is a number, dropped is a number for each cause', () => {
  expectTypeOf<LedgerCounts['discarded']>().toEqualTypeOf<number>();
  expectTypeOf<LedgerCounts['dropped']>().toEqualTypeOf<
    Readonly<Record<'replaced' | 'full' | 'stale' | 'missed', number>>
  >();
});

test("a camera's stream is an Observable of streams", () => {
  expectTypeOf<WebcamSource['stream']>().toEqualTypeOf<Observable<MediaStream>>();
});
