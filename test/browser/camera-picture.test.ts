import { firstValueFrom, lastValueFrom, map, share, take, tap, toArray } from 'rxjs';
import {
  branch,
  classification,
  flatten,
  dense,
  frameSource,
  infer,
  inOrder,
  pipeline,
  useEngine,
  type Model,
  type Pixels,
} from 'sluice';
import { inWorker, webcam } from 'sluice/browser';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { CameraPicture } from '../../src/sources/browser/camera-picture.ts';
import { Grabber, type GrabOptions } from '../../src/sources/browser/grabber.ts';
import { closedAccount } from '../support/balance.ts';
import { allowCamera } from './support/camera.ts';

const tiny: Model = {
  name: 'tiny',
  task: classification(),
  pipeline: pipeline({ inputShape: [1, 8, 8, 3] }, flatten(), dense({ units: 4, seed: 1 })),
  preprocess: { width: 8, height: 8, range: [0, 1] },
  labels: ['a', 'b', 'c', 'd'],
};

/** A frame as a camera gives it: colours that differ everywhere. */
function videoFrame(width = 64, height = 48): VideoFrame {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  const image = new ImageData(width, height);
  image.data.forEach((_, i) => (image.data[i] = i % 4 === 3 ? 255 : (i * 7919 + i * i) % 256));
  context?.putImageData(image, 0, 0);
  return new VideoFrame(canvas, { timestamp: 0 });
}

const isClosed = (frame: VideoFrame) => frame.format === null && frame.codedWidth === 0;
let reads: MockInstance;

/** All frames that the camera gave since then. */
function cameraFrames(): VideoFrame[] {
  const frames: VideoFrame[] = [];
  // eslint-disable-next-line typescript/unbound-method -- it is called with its reader
  const read = ReadableStreamDefaultReader.prototype.read as (
    this: unknown,
  ) => Promise<ReadableStreamReadResult<unknown>>;
  vi.spyOn(ReadableStreamDefaultReader.prototype, 'read').mockImplementation(async function (this: unknown) {
    const result = await read.call(this);
    if (result.value instanceof VideoFrame) frames.push(result.value);
    return result as never;
  });
  return frames;
}

beforeAll(async () => void (await useEngine('cpu')));
beforeEach(() => void (reads = vi.spyOn(OffscreenCanvasRenderingContext2D.prototype, 'getImageData')));
afterEach(() => void vi.restoreAllMocks());

describe('a picture of a camera', () => {
  const pictureOf = (options: GrabOptions = {}) => {
    const frame = videoFrame();
    return { frame, picture: new CameraPicture(frame, new Grabber({ flip: options.flip, resize: options.resize })) };
  };

  it.each<GrabOptions>([{}, { resize: { width: 8, height: 8 } }, { resize: { width: 9, height: 5 }, flip: true }])(
    '%o: has the bytes that are read at once elsewhere',
    (options) => {
      const { frame, picture } = pictureOf(options);
      const whole = new Grabber({ flip: options.flip, resize: options.resize }).grab(frame.clone(), 64, 48);
      expect(picture.byteLength).toBe(whole.data.length);
      const { data, ...rest } = Object.fromEntries(Object.entries(picture)) as unknown as Pixels;
      const { data: bytes, ...others } = whole;
      expect([...data]).toEqual([...bytes]);
      expect(rest).toEqual(others);
      expect(isClosed(frame)).toBe(true);
    },
  );

  it('is read once, and only when it is asked for', () => {
    const { frame, picture } = pictureOf();
    expect([reads.mock.calls.length, isClosed(frame)]).toEqual([0, false]);
    expect(picture.data).toBe(picture.data);
    expect([reads.mock.calls.length, isClosed(frame)]).toEqual([1, true]);
  });

  it('can be used after its release, and not read when it is dropped', () => {
    const released = pictureOf();
    released.picture.close();
    expect(released.picture.data.length).toBe(64 * 48 * 4);
    const dropped = pictureOf();
    dropped.picture.discard();
    expect([isClosed(released.frame), isClosed(dropped.frame), reads.mock.calls.length]).toEqual([true, true, 1]);
    dropped.picture.close();
    dropped.picture.settle();
    expect(reads.mock.calls.length).toBe(1);
  });

  it('can be shared by branches, as plain pixels', async () => {
    const { picture } = pictureOf({ resize: { width: 8, height: 8 } });
    const through = map(({ data }: { readonly data: Pixels }) => data);
    const [first, second] = await lastValueFrom(
      frameSource([{ data: picture as Pixels, timestamp: 0 }]).pipe(branch({ through }, { through }), toArray()),
    );
    expect(Object.keys(first ?? {}).toSorted()).toEqual(['channels', 'data', 'height', 'resized', 'view', 'width']);
    expect(first?.data.length).toBe(256);
    expect([second?.data === first?.data, reads.mock.calls.length]).toEqual([true, 1]);
  });

  it('that is read elsewhere is not read here, and has those pixels then', () => {
    const { frame, picture } = pictureOf();
    const sent = picture.send();
    picture.settle();
    expect(isClosed(frame)).toBe(false);
    picture.handOver(false);
    expect(isClosed(frame)).toBe(true);
    expect(() => picture.data).toThrow(/in the worker: call frame\.retain\(\)/);
    expect(picture.filledWith(new Uint8ClampedArray([1, 2, 3, 4]).buffer)).toBe(true);
    expect([[...picture.data], isClosed(frame), reads.mock.calls.length]).toEqual([[1, 2, 3, 4], true, 0]);
    expect(picture.send()).toBeUndefined();
    sent?.frame.close();
    expect(pictureOf().picture.filledWith(new ArrayBuffer(4))).toBe(false);
  });

  it('that is read elsewhere is read here as well where something else holds it', () => {
    const { frame, picture } = pictureOf();
    const sent = picture.send();
    picture.handOver(true);
    expect([picture.data.length, isClosed(frame), reads.mock.calls.length]).toEqual([64 * 48 * 4, true, 1]);
    sent?.frame.close();
  });
});

describe('a camera', () => {
  beforeEach(() => allowCamera(true));

  it('is not read for frames that are dropped', async () => {
    const frames = cameraFrames();
    const camera = webcam({ resize: { width: 8, height: 8 } });
    const slow = inOrder(1, async ({ data }: { data: { data: ArrayLike<number> } }) => {
      const { length } = data.data;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return length;
    });
    expect(await lastValueFrom(camera.pipe(slow, take(3), toArray()))).toEqual([256, 256, 256]);
    const account = closedAccount(camera);
    expect(account['replaced']).toBeGreaterThan(0);
    expect(reads.mock.calls.length).toBeLessThan(account['produced'] ?? 0);
    expect(reads.mock.calls.length).toBeLessThanOrEqual((account['delivered'] ?? 0) + (account['discarded'] ?? 0));
    await expect.poll(() => frames.filter((frame) => !isClosed(frame)).length).toBe(0);
  });

  it('leaves no frame open, whenever it is left', async () => {
    const frames = cameraFrames();
    for (const count of [1, 2, 5]) {
      const camera = webcam({ resize: { width: 8, height: 8 }, policy: { buffer: 3 } });
      // Held, and never read here.
      const held = map((frame: { retain(): unknown; release(): void }) => {
        frame.retain();
        setTimeout(() => frame.release(), 50);
      });
      await lastValueFrom(camera.pipe(held, take(count)));
    }
    await expect.poll(() => frames.filter((frame) => !isClosed(frame)).length).toBe(0);
    expect(frames.length).toBeGreaterThanOrEqual(8);
  });

  it('is off when the page switches its track off or stops it', async () => {
    const own: MediaStreamTrack[] = [];
    // eslint-disable-next-line typescript/unbound-method -- it is called with its track
    const { clone } = MediaStreamTrack.prototype;
    vi.spyOn(MediaStreamTrack.prototype, 'clone').mockImplementation(function (this: MediaStreamTrack) {
      const copy = clone.call(this);
      own.push(copy);
      return copy;
    });
    const camera = webcam({ resize: { width: 8, height: 8 } });
    const watching = camera.subscribe();
    const [track] = (await firstValueFrom(camera.stream)).getVideoTracks();
    if (!track) throw new Error('the camera has no track');
    for (const enabled of [false, true]) {
      track.enabled = enabled;
      await expect.poll(() => own.map((one) => one.enabled)).toEqual([enabled]);
    }
    track.stop();
    await expect.poll(() => own.map(({ readyState }) => readyState)).toEqual(['ended']);
    watching.unsubscribe();
    closedAccount(camera);
  });

  it('pixels that are kept can be used later', async () => {
    const picture = await firstValueFrom(webcam({ resize: { width: 8, height: 8 } }).pipe(map(({ data }) => data)));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(picture.data.length).toBe(256);
  });
});

describe('inWorker', () => {
  const one = (options: GrabOptions) => {
    const frame = videoFrame();
    const grabber = new Grabber({ resize: options.resize, flip: options.flip });
    const plain = grabber.grab(frame.clone(), 64, 48);
    return { frame, plain, picture: new CameraPicture(frame, grabber) };
  };

  it.each<GrabOptions>([{}, { resize: { width: 8, height: 8 } }, { resize: { width: 8, height: 8 }, flip: true }])(
    '%o: gives the scores of the page, and does not read the frame on the page',
    async (options) => {
      const { frame, plain, picture } = one(options);
      const onPage = await firstValueFrom(
        frameSource([{ data: plain, timestamp: 0 }], { source: 'page' }).pipe(infer(tiny)),
      );
      reads.mockClear();
      const there = await firstValueFrom(
        frameSource([{ data: picture, timestamp: 0 }], { source: 'page' }).pipe(inWorker(tiny, { engine: 'cpu' })),
      );
      expect(there.classes).toEqual(onPage.classes);
      expect(reads.mock.calls.length).toBe(0);
      expect(isClosed(frame)).toBe(true);
      // The page has the pixels that were read there.
      expect([...picture.data]).toEqual([...plain.data]);
    },
  );

  it('shares a camera with what reads its pixels here, at once or later', async () => {
    await allowCamera(true);
    const frames = cameraFrames();
    const camera = webcam({ resize: { width: 8, height: 8 } });
    const shared = camera.pipe(share());
    const sizes: number[] = [];
    const results = lastValueFrom(shared.pipe(inWorker(tiny, { engine: 'cpu' }), take(5), toArray()));
    const watching = shared.subscribe(({ data }) => sizes.push(data.data.length));
    const later = shared.subscribe((frame) => {
      frame.retain();
      setTimeout(() => {
        sizes.push(frame.data.data.length);
        frame.release();
      }, 100);
    });
    expect((await results).map(({ classes }) => classes.length)).toEqual([4, 4, 4, 4, 4]);
    expect(new Set(sizes)).toEqual(new Set([256]));
    watching.unsubscribe();
    later.unsubscribe();
    await expect.poll(() => frames.filter((frame) => !isClosed(frame)).length).toBe(0);
  });

  it('leaves the camera its frames while the worker computes', async () => {
    await allowCamera(true);
    const frames = cameraFrames();
    const held: number[] = [];
    const camera = webcam({ resize: { width: 8, height: 8 }, maxInFlight: 3 });
    const watch = tap(() => held.push(frames.filter((frame) => !isClosed(frame)).length));
    await lastValueFrom(camera.pipe(inWorker(tiny, { engine: 'cpu', inFlight: 3 }), watch, take(6)));
    // The one that waits, and the one that is being given out.
    expect(Math.max(...held)).toBeLessThanOrEqual(2);
  });
});
