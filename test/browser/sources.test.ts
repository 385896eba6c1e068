import * as tf from '@tensorflow/tfjs-core';
import { firstValueFrom, lastValueFrom, map, take, toArray } from 'rxjs';
import { classify, preprocess, useEngine } from 'sluice';
import { canvas, imageFiles, videoElement, webcam } from 'sluice/browser';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { beforeEach, describe, expect, it } from 'vitest';
import clip from '../../samples/cockatoo.mp4?url';
import photo from '../data/squirrel_cls.jpg?url';
import { allowCamera } from './camera.ts';

/** The size and the time of so many frames. */
const seen = (count: number) =>
  [
    take<{
      data: { width: number; height: number; data: ArrayLike<number> };
      label: { timestamp: number; source: string };
    }>(count),
    map(
      ({ data, label }: { data: { width: number; height: number }; label: { timestamp: number; source: string } }) => ({
        width: data.width,
        height: data.height,
        ...label,
      }),
    ),
  ] as const;

describe('webcam', () => {
  beforeEach(() => allowCamera(true));

  it('gives frames of the asked size, later and later, and lets the camera go', async () => {
    const camera = webcam({ resize: { width: 64, height: 48 } });
    const stream = firstValueFrom(camera.stream);
    const [only, look] = seen(5);
    const frames = await lastValueFrom(camera.pipe(only, look, toArray()));
    expect(frames.map(({ width, height, source }) => [width, height, source])).toEqual(
      Array.from({ length: 5 }, () => [64, 48, 'webcam']),
    );
    const times = frames.map(({ timestamp }) => timestamp);
    expect(times.slice(1).every((time, i) => time > (times[i] ?? Infinity))).toBe(true);
    expect((await stream).getTracks().map(({ readyState }) => readyState)).toEqual(['ended']);
  });

  it('ten times on and off: no live track, no tensor, no frame unaccounted for', async () => {
    await useEngine('cpu');
    const before = tf.memory().numTensors;
    const tracks: MediaStreamTrack[] = [];
    for (let i = 0; i < 10; i++) {
      const camera = webcam({ resize: { width: 8, height: 8 } });
      camera.stream.subscribe((stream) => tracks.push(...stream.getTracks()));
      await firstValueFrom(camera.pipe(preprocess({ width: 8, height: 8, range: [0, 1] })));
      const { produced, delivered, discarded, dropped, failed, inFlight } = camera.ledger.counts;
      expect(produced).toBe(
        delivered + discarded + Object.values(dropped).reduce((a, b) => a + b, 0) + failed + inFlight,
      );
      expect(inFlight).toBe(0);
    }
    expect(tracks.map(({ readyState }) => readyState)).toEqual(Array.from({ length: 10 }, () => 'ended'));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('sees the cockatoo', async () => {
    await useEngine('webgl');
    const net = await mobilenetV1();
    const camera = webcam({ resize: net.preprocess });
    const labels = camera.pipe(
      preprocess(net.preprocess),
      net.pipeline,
      classify({ labels: net.labels, top: 1 }),
      take(12),
      toArray(),
    );
    const found = (await lastValueFrom(labels)).map(({ classes }) => classes[0]?.label);
    expect(found).toContain('sulphur-crested cockatoo');
  });

  it('mirrors, when it is told to', async () => {
    const pictures = await Promise.all(
      [false, true].map((flip) => {
        const element = document.createElement('canvas');
        element.width = 4;
        element.height = 2;
        const context = element.getContext('2d');
        context?.fillRect(0, 0, 2, 2);
        return firstValueFrom(canvas(element, { flip }).pipe(map(({ data }) => [data.data[3], data.data[0]])));
      }),
    );
    // Black on the left, white (what is transparent) on the right; and the other way round.
    expect(pictures.map(([, red]) => red)).toEqual([0, 255]);
  });

  it('says that it may not', async () => {
    await allowCamera(false);
    await expect(firstValueFrom(webcam())).rejects.toMatchObject({
      name: 'SourceError',
      code: 'permission',
      message: expect.stringContaining('allow it in the address bar') as unknown,
    });
  });

  it('says that there is no such camera', async () => {
    await expect(firstValueFrom(webcam({ deviceId: 'another' }))).rejects.toMatchObject({
      code: 'overconstrained',
      message: 'no camera here has the deviceId that was asked for: ask for another, or for none',
    });
  });

  it('says that it was unplugged, and lets go', async () => {
    const camera = webcam();
    camera.stream.subscribe((stream) => {
      const [track] = stream.getVideoTracks();
      // The browser's own event, which a camera that is pulled out causes; a track that a page stops itself has none.
      setTimeout(() => track?.dispatchEvent(new Event('ended')), 100);
    });
    await expect(lastValueFrom(camera)).rejects.toMatchObject({ code: 'ended' });
    expect((await firstValueFrom(camera.stream)).getTracks().map(({ readyState }) => readyState)).toEqual(['ended']);
  });

  it('is let go where its subscriber left before it opened', async () => {
    const camera = webcam();
    camera.subscribe().unsubscribe();
    let opened: MediaStream | undefined;
    camera.stream.subscribe((stream) => (opened = stream));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(opened).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['width', 0],
    ['height', 'tall'],
    ['frameRate', NaN],
    ['facingMode', 'left'],
    ['whenHidden', 'stop'],
    ['deviceId', ''],
    ['policy', 'wait'],
  ])('refuses %s: %j', (name, value) => {
    expect(() => webcam({ [name]: value })).toThrow(name);
  });
});

describe('videoElement', () => {
  const video = async (src: string) => {
    const element = document.createElement('video');
    element.muted = true;
    element.src = src;
    return element;
  };

  /** Moves the video there, and waits until it is: until then it still shows what it showed. */
  const wind = async (element: HTMLVideoElement, seconds: number) => {
    if (element.readyState === 0) await new Promise((there) => element.addEventListener('loadedmetadata', there));
    const wound = new Promise((there) => element.addEventListener('seeked', there, { once: true }));
    element.currentTime = seconds;
    await wound;
  };

  it('gives what is played, and completes with it', async () => {
    const element = await video(clip);
    await wind(element, 13);
    const frames = lastValueFrom(
      videoElement(element, { resize: { width: 16, height: 16 } }).pipe(
        map(({ label }) => label.timestamp),
        toArray(),
      ),
    );
    await element.play();
    const times = await frames;
    expect(times.length).toBeGreaterThan(5);
    expect(times[0]).toBeGreaterThanOrEqual(12_900_000);
    expect(times.slice(1).every((time, i) => time > (times[i] ?? Infinity))).toBe(true);
  });

  it('goes on in time where the video is wound back', async () => {
    const element = await video(clip);
    await wind(element, 10);
    const frames = lastValueFrom(
      videoElement(element).pipe(
        map(({ label }) => label.timestamp),
        take(6),
        toArray(),
      ),
    );
    await element.play();
    setTimeout(() => (element.currentTime = 2), 200);
    const times = await frames;
    expect(times.slice(1).every((time, i) => time > (times[i] ?? Infinity))).toBe(true);
    element.pause();
  });

  it('says that it is no video', async () => {
    const element = await video(photo);
    await expect(lastValueFrom(videoElement(element))).rejects.toMatchObject({ code: 'not-a-video' });
    expect(() => videoElement(document.createElement('div') as never)).toThrow('takes a <video> element');
  });
});

describe('canvas', () => {
  it('gives what it shows, at most so often', async () => {
    const element = document.createElement('canvas');
    element.width = element.height = 2;
    const frames = canvas(element, { frameRate: 20 }).pipe(
      map(({ label }) => label.timestamp),
      take(4),
      toArray(),
    );
    const times = await lastValueFrom(frames);
    for (const [i, time] of times.slice(1).entries()) expect(time - (times[i] ?? 0)).toBeGreaterThan(40_000);
  });

  it.each([0, -1, NaN, '5'])('refuses a frame rate of %j', (frameRate) => {
    expect(() => canvas(document.createElement('canvas'), { frameRate: frameRate as number })).toThrow(
      'frameRate must be a number over 0',
    );
    expect(() => canvas({} as never)).toThrow('takes a <canvas> element');
  });
});

describe('imageFiles', () => {
  it('gives one frame a file, and leaves out what is no picture', async () => {
    const bytes = await (await fetch(photo)).blob();
    const files = [new File([bytes], 'a.jpg'), new File(['not a picture'], 'b.jpg'), new File([bytes], 'c.jpg')];
    const warnings: string[] = [];
    const source = imageFiles(files, {
      resize: { width: 32, height: 32 },
      onWarning: ({ source: file, code }) => warnings.push(`${file} ${code}`),
    });
    const frames = await lastValueFrom(
      source.pipe(
        map(({ data, label }) => [label.source, label.timestamp, data.width, data.height]),
        toArray(),
      ),
    );
    expect(frames).toEqual([
      ['a.jpg', 0, 32, 32],
      ['c.jpg', 2_000_000, 32, 32],
    ]);
    expect(warnings).toEqual(['b.jpg skipped']);
  });

  it.each([[undefined], ['a.jpg'], [['a.jpg']], [new File([], 'x')]])('refuses %j', (files) => {
    expect(() => imageFiles(files as never)).toThrow('imageFiles takes a list of File objects');
  });
});
