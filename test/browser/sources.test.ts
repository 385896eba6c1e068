import * as tf from '@tensorflow/tfjs-core';
import { first, firstValueFrom, lastValueFrom, map, take, toArray, withLatestFrom } from 'rxjs';
import { classify, preprocess, useEngine, type SourceError } from 'sluice';
import { canvas, imageFiles, videoElement, webcam } from 'sluice/browser';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import clip from '../../samples/cockatoo.mp4?url';
import photo from '../data/squirrel_cls.jpg?url';
import { allowCamera } from './support/camera.ts';

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

  it('sees the cockatoo', { timeout: 110_000 }, async () => {
    await useEngine('webgl');
    const net = await mobilenetV1();
    const camera = webcam({ resize: net.preprocess });
    const labels = camera.pipe(
      preprocess(net.preprocess),
      net.pipeline,
      classify({ labels: net.labels, top: 1 }),
      map(({ classes }) => classes[0]?.label),
      // The clip begins anywhere, and is 14 s long.
      take(500),
      first((label) => label === 'sulphur-crested cockatoo', 'never'),
    );
    expect(await lastValueFrom(labels)).toBe('sulphur-crested cockatoo');
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

  /** Takes frames until the camera ends, and says how. */
  const endOf = async (when: (track: MediaStreamTrack) => void) => {
    const camera = webcam();
    const end = lastValueFrom(camera).catch((error: unknown) => error);
    const stream = await firstValueFrom(camera.stream);
    const [track] = stream.getVideoTracks();
    if (track) when(track);
    const error = (await end) as SourceError;
    expect(stream.getTracks().map(({ readyState }) => readyState)).toEqual(['ended']);
    expect(camera.ledger.counts.inFlight).toBe(0);
    return error;
  };
  // The browser's own event, which a camera that goes causes; a track that a page stops itself has none.
  const end = (track: MediaStreamTrack) => track.dispatchEvent(new Event('ended'));

  it('says that the permission was revoked, and stops the camera', async () => {
    const error = await endOf(() => void allowCamera(false));
    expect(error).toMatchObject({ name: 'SourceError', code: 'permission' });
    expect(error.message).toContain('revoked: allow it in the address bar');
  });

  it('says that it was unplugged, and lets go', async () => {
    const others = [{ deviceId: 'another', kind: 'videoinput' }] as MediaDeviceInfo[];
    vi.spyOn(navigator.mediaDevices, 'enumerateDevices').mockResolvedValue(others);
    expect(await endOf(end)).toMatchObject({ name: 'SourceError', code: 'unplugged' });
    vi.restoreAllMocks();
  });

  it('says that it stopped where nobody knows why, and lets go', async () => {
    expect(await endOf(end)).toMatchObject({ name: 'SourceError', code: 'ended' });
  });

  describe.each([
    ['read from its track', true],
    ['played, where it can not be read', false],
  ])('%s', (_how, reads) => {
    const global = globalThis as { MediaStreamTrackProcessor?: unknown };
    const processor = global.MediaStreamTrackProcessor;
    beforeEach(() => {
      expect(processor).toBeDefined();
      if (!reads) delete global.MediaStreamTrackProcessor;
    });
    afterEach(() => {
      global.MediaStreamTrackProcessor = processor;
      vi.restoreAllMocks();
      document.dispatchEvent(new Event('visibilitychange'));
    });

    /** How many frames the camera has given, by its own account. */
    const given = (stream: MediaStream) =>
      (stream.getVideoTracks()[0] as unknown as { stats: { totalFrames: number } }).stats.totalFrames;
    const busy = (ms: number) => {
      for (const until = performance.now() + ms; performance.now() < until;);
    };
    const hide = (hidden: boolean) => {
      vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(hidden ? 'hidden' : 'visible');
      document.dispatchEvent(new Event('visibilitychange'));
    };
    const passed = async (stream: MediaStream, frames: number) => {
      // A camera that nobody looks at counts nothing.
      const shown = document.createElement('video');
      shown.muted = true;
      shown.srcObject = stream;
      await shown.play();
      const from = given(stream);
      await vi.waitFor(() => expect(given(stream) - from).toBeGreaterThanOrEqual(frames), { timeout: 110_000 });
      shown.srcObject = null;
    };

    it('counts what the page was too busy to take', async () => {
      const camera = webcam({ resize: { width: 16, height: 16 } });
      const opened = firstValueFrom(camera.stream);
      let first = 0;
      const seqs = await lastValueFrom(
        camera.pipe(
          withLatestFrom(camera.stream),
          map(([{ label }, stream]) => {
            first ||= given(stream);
            busy(150);
            return [label.seq, given(stream)] as const;
          }),
          take(10),
          toArray(),
        ),
      );
      await opened;
      const { produced, discarded, delivered, dropped, failed, inFlight } = camera.ledger.counts;
      const { missed, replaced, full, stale } = dropped;
      expect(missed).toBeGreaterThan(0);
      expect(produced).toBe(delivered + discarded + failed + inFlight + missed + replaced + full + stale);
      // Numbers count the missed ones, so that gaps show.
      const last = seqs.at(-1);
      expect(last?.[0]).toBeGreaterThanOrEqual(missed);
      // Held against the camera's own account: those on the way, and those that came during the last frame, are not counted yet.
      expect(produced).toBeLessThanOrEqual((last?.[1] ?? NaN) - first + 2);
      if (reads) expect(produced).toBeGreaterThanOrEqual((last?.[1] ?? NaN) - first - 9);
    });

    it('no frames come while the page is hidden; then they go on, and those of meanwhile are not missed', async () => {
      const camera = webcam({ resize: { width: 16, height: 16 } });
      const times: number[] = [];
      const running = camera.subscribe(({ label }) => times.push(label.timestamp));
      onTestFinished(() => running.unsubscribe());
      const stream = await firstValueFrom(camera.stream);
      await vi.waitFor(() => expect(times.length).toBeGreaterThan(1), { timeout: 110_000 });
      hide(true);
      const [seen, before] = [times.length, camera.ledger.counts];
      await passed(stream, 20);
      expect(times.length).toBe(seen);
      expect(camera.ledger.counts.produced).toBe(before.produced);
      hide(false);
      const from = given(stream);
      await vi.waitFor(() => expect(times.length).toBeGreaterThan(seen + 2), { timeout: 110_000 });
      running.unsubscribe();
      expect(camera.ledger.counts.dropped.missed - before.dropped.missed).toBeLessThanOrEqual(given(stream) - from);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(new Set(times).size).toBe(times.length);
      expect(stream.getTracks().map(({ readyState }) => readyState)).toEqual(['ended']);
    });

    it('they do where that is asked for, and a hidden camera can be left', async () => {
      for (const whenHidden of ['continue', 'pause'] as const) {
        const camera = webcam({ resize: { width: 16, height: 16 }, whenHidden });
        let count = 0;
        const running = camera.subscribe(() => count++);
        onTestFinished(() => running.unsubscribe());
        const stream = await firstValueFrom(camera.stream);
        await vi.waitFor(() => expect(count).toBeGreaterThan(0), { timeout: 110_000 });
        hide(true);
        const seen = count;
        await passed(stream, 20);
        if (whenHidden === 'continue')
          await vi.waitFor(() => expect(count).toBeGreaterThan(seen), { timeout: 110_000 });
        else expect(count).toBe(seen);
        running.unsubscribe();
        hide(false);
        expect(stream.getTracks().map(({ readyState }) => readyState)).toEqual(['ended']);
        expect(camera.ledger.counts.inFlight).toBe(0);
      }
    });
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
    // One that came late is followed the sooner by the next: it is the rate that holds, three intervals of 50 ms.
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(100_000);
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

  it.each([
    [['b.jpg'], /^b\.jpg is no picture that this browser can read/],
    [['b.jpg', 'c.png'], /^none of the 2 files is a picture that this browser can read; b\.jpg is no picture/],
  ])('fails if none of %j is a picture, each time', async (names, message) => {
    const warnings: string[] = [];
    const files = names.map((name) => new File(['not a picture'], name));
    const source = imageFiles(files, { onWarning: ({ source: file }) => warnings.push(file) });
    for (let i = 0; i < 2; i++) {
      const error: unknown = await lastValueFrom(source).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'SourceError', code: 'no-frames', message: expect.stringMatching(message) });
    }
    expect(warnings).toEqual([...names, ...names]);
  });

  it('completes without a frame if there are no files', async () => {
    expect(await lastValueFrom(imageFiles([]).pipe(toArray()))).toEqual([]);
  });

  it.each([[undefined], ['a.jpg'], [['a.jpg']], [new File([], 'x')]])('refuses %j', (files) => {
    expect(() => imageFiles(files as never)).toThrow('imageFiles takes a list of File objects');
  });
});
