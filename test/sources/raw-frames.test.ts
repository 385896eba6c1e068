import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import installer from '@ffmpeg-installer/ffmpeg';
import { firstValueFrom, lastValueFrom, map, take, toArray } from 'rxjs';
import { inOrder, markDelivered, type Frame, type Pixels } from 'sluice';
import { rawFrames, videoFile } from 'sluice/node';
import { describe, expect, it } from 'vitest';

const LAYOUT = { width: 4, height: 2, channels: 3, fps: 25 };
const SIZE = 24;

/** Frame n consists of the byte n. */
const bytes = (frames: number, extra = 0) =>
  Buffer.concat([...Array.from({ length: frames }, (_, n) => Buffer.alloc(SIZE, n)), Buffer.alloc(extra)]);

/** A stream of these bytes in chunks of this size. */
const inChunks = (all: Buffer, size: number) =>
  Readable.from(
    Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.subarray(i * size, (i + 1) * size)),
    { objectMode: false },
  );

const seen = ({ data, label }: Frame<Pixels>) => [
  label.seq,
  label.timestamp,
  data.data[0],
  data.data.at(-1),
  data.data.length,
];
const all = (stream: Readable, options = LAYOUT) =>
  lastValueFrom(rawFrames(stream, options).pipe(map(seen), toArray()));
const FIVE = Array.from({ length: 5 }, (_, n) => [n, n * 40_000, n, n, SIZE]);

describe('rawFrames', () => {
  it.each([1, 7, 23, 24, 25, 48, 1000])('cuts frames from chunks of %i bytes', async (size) => {
    expect(await all(inChunks(bytes(5), size))).toEqual(FIVE);
  });

  it('gives the frames of ffmpeg that videoFile gives', async () => {
    const size = { width: 64, height: 36 };
    const resize = { ...size, fit: 'fill' } as const;
    const expected = await lastValueFrom(
      videoFile('samples/cockatoo.mp4', { resize }).pipe(
        take(10),
        map(({ data }) => Buffer.from(data.data).toString('hex')),
        toArray(),
      ),
    );
    // As docs/sources.md says that sluice scales.
    const filter = `scale=64:36:flags=area+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact`;
    const child = spawn(
      installer.path,
      [
        '-v',
        'error',
        '-i',
        'samples/cockatoo.mp4',
        '-frames:v',
        '10',
        '-vf',
        filter,
        '-f',
        'rawvideo',
        '-pix_fmt',
        'rgb24',
        '-',
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const frames = await lastValueFrom(
      rawFrames(child.stdout, { ...size, channels: 3, fps: 20 }).pipe(
        map(({ data, label }) => [label.timestamp, data.data]),
        toArray(),
      ),
    );
    expect(frames.map(([timestamp]) => timestamp)).toEqual(Array.from({ length: 10 }, (_, n) => n * 50_000));
    // The same pictures: ffmpeg rounds packed RGB otherwise by a level or two.
    for (const [i, [, data]] of frames.entries()) {
      const other = Buffer.from(expected[i] ?? '', 'hex');
      const most = Math.max(...Array.from(data as Uint8Array, (value, at) => Math.abs(value - (other[at] ?? NaN))));
      expect(most, `frame ${i}`).toBeLessThanOrEqual(24);
    }
  });

  it('takes grey and RGBA, and makes Pixels of them', async () => {
    const grey = rawFrames(Readable.from([Buffer.of(1, 2)]), { width: 2, height: 1, channels: 1, fps: 1 });
    expect(await firstValueFrom(grey.pipe(map(({ data }) => data)))).toEqual({
      width: 2,
      height: 1,
      channels: 3,
      data: Uint8Array.of(1, 1, 1, 2, 2, 2),
    });
    const rgba = rawFrames(Readable.from([Buffer.of(1, 2, 3, 4)]), { width: 1, height: 1, channels: 4, fps: 1 });
    expect((await firstValueFrom(rgba.pipe(map(({ data }) => data)))).channels).toBe(4);
  });

  it('rounds timestamps, which always increase', async () => {
    const times = (await all(inChunks(bytes(4), 24), { ...LAYOUT, fps: 30000 / 1001 })).map(
      ([, timestamp]) => timestamp,
    );
    expect(times).toEqual([0, 33_367, 66_733, 100_100]);
  });

  it('asks the stream for no more than a slow pipe takes', async () => {
    let made = 0;
    const stream = new Readable({
      highWaterMark: SIZE,
      read() {
        this.push(made < 200 ? Buffer.alloc(SIZE, made++) : null);
      },
    });
    const ahead: number[] = [];
    const source = rawFrames(stream, LAYOUT);
    const slow = async ({ label }: Frame<Pixels>) => {
      await new Promise((next) => setTimeout(next, 1));
      ahead.push(made - label.seq);
    };
    await lastValueFrom(source.pipe(inOrder(1, slow), take(50)));
    expect(ahead.length).toBeGreaterThanOrEqual(50);
    // Two leases, the buffers of the stream and its iterator, and the frame that is being read.
    expect(Math.max(...ahead)).toBeLessThanOrEqual(8);
    expect(source.ledger.counts.inFlight).toBe(0);
  });

  it('destroys the stream when the subscriber leaves, also while no byte comes', async () => {
    for (const first of [Buffer.alloc(0), Buffer.alloc(5), bytes(1)]) {
      const stream = new PassThrough();
      if (first.length > 0) stream.write(first);
      const source = rawFrames(stream, LAYOUT);
      const subscription = source.pipe(markDelivered()).subscribe();
      await new Promise((next) => setTimeout(next, 5));
      subscription.unsubscribe();
      if (!stream.destroyed) await once(stream, 'close');
      expect(stream.destroyed).toBe(true);
      expect(source.ledger.counts.inFlight).toBe(0);
    }
  });

  it('kills no process itself, but a destroyed standard output ends ffmpeg', async () => {
    const endless = [
      '-v',
      'quiet',
      '-f',
      'lavfi',
      '-i',
      'color=s=4x2:r=25',
      '-f',
      'rawvideo',
      '-pix_fmt',
      'rgb24',
      '-',
    ];
    const child = spawn(installer.path, endless, { stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = once(child, 'exit');
    await lastValueFrom(rawFrames(child.stdout, LAYOUT).pipe(take(3)));
    await ended;
    expect(child.stdout.destroyed).toBe(true);
  });

  const failure = (stream: Readable) =>
    all(stream).then(
      () => 'no error',
      (error: unknown) => error,
    );

  it.each([1, SIZE - 1])('a last frame of %i bytes is an error that says so, after the whole frames', async (extra) => {
    const source = rawFrames(inChunks(bytes(2, extra), 10), LAYOUT);
    const got: number[] = [];
    const error = await new Promise((resolve) =>
      source.subscribe({ next: ({ label }) => got.push(label.seq), error: resolve }),
    );
    expect(error).toMatchObject({
      name: 'SourceError',
      code: 'damaged',
      message: `rawFrames: the stream ended within frame 2: ${extra} of the 24 bytes of 4×2 with 3 channels came`,
    });
    expect(got).toEqual([0, 1]);
  });

  it('an empty stream is an error', async () => {
    expect(await failure(Readable.from([]))).toMatchObject({ code: 'no-frames' });
    expect(await failure(Readable.from([Buffer.alloc(0)]))).toMatchObject({ code: 'no-frames' });
  });

  it('an error of the stream, and its sudden end, are SourceErrors', async () => {
    const failing = new PassThrough();
    failing.write(bytes(1));
    setTimeout(() => failing.destroy(new Error('the cable was cut')), 5);
    expect(await failure(failing)).toMatchObject({
      code: 'unreadable',
      message: 'rawFrames: the stream failed: the cable was cut',
    });
    const closing = new PassThrough();
    setTimeout(() => closing.destroy(), 5);
    expect(await failure(closing)).toMatchObject({ code: 'unreadable' });
    const closed = new PassThrough();
    closed.destroy();
    expect(await failure(closed)).toMatchObject({ code: 'unreadable' });
  });

  it('a stream of text or objects is refused', async () => {
    const text = Readable.from([bytes(1)], { encoding: 'latin1' });
    expect(await failure(text)).toMatchObject({
      code: 'unreadable',
      message: expect.stringContaining('not bytes') as string,
    });
    expect(await failure(Readable.from([{ frame: 1 }]))).toMatchObject({ code: 'unreadable' });
    expect(await failure(Readable.from([new Float32Array(24)]))).toMatchObject({ code: 'unreadable' });
  });

  it('can be subscribed to once', async () => {
    const source = rawFrames(inChunks(bytes(5), 24), LAYOUT);
    expect((await lastValueFrom(source.pipe(toArray()))).length).toBe(5);
    await expect(lastValueFrom(source)).rejects.toMatchObject({ code: 'ended' });
    // A second subscriber does not disturb the first one.
    const shared = rawFrames(inChunks(bytes(5), 24), LAYOUT);
    const [first, second] = await Promise.allSettled([
      lastValueFrom(shared.pipe(map(seen), toArray())),
      lastValueFrom(shared),
    ]);
    expect(first).toEqual({ status: 'fulfilled', value: FIVE });
    expect(second.status).toBe('rejected');
  });

  it.each([
    [{ width: 0 }, /width must be a whole number from 1 to 16384, not 0/],
    [{ width: 1.5 }, /width must be/],
    [{ height: 1e9 }, /height must be/],
    [{ height: '2' }, /height must be .* not "2"/],
    [{ channels: 5 }, /channels must be 1, 2, 3 or 4, not 5/],
    [{ channels: undefined }, /channels must be/],
    [{ fps: 0 }, /fps must be over 0/],
    [{ fps: Infinity }, /fps must be/],
    [{ fps: NaN }, /fps must be/],
    [{ frameRate: 5 }, /rawFrames has no option "frameRate"/],
  ])('refuses %o', (options, message) => {
    expect(() => rawFrames(Readable.from([]), { ...LAYOUT, ...options } as never)).toThrow(message);
  });

  it.each([[null], ['clip.raw'], [[bytes(1)]], [bytes(1)]])('refuses what is no stream', (stream) => {
    expect(() => rawFrames(stream as never, LAYOUT)).toThrow('rawFrames takes a Readable of node:stream');
  });
});
