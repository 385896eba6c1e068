import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { concatMap, from, lastValueFrom, Subject, take, tap, toArray } from 'rxjs';
import { markDelivered, type Frame, type FrameSourceChanges, type Pixels } from 'sluice';
import { videoFile, type VideoFileOptions } from 'sluice/node';
import { describe, expect, it } from 'vitest';
import { decode } from '../../../src/sources/ffmpeg/decode.ts';
import { closedAccount, watch } from '../../support/balance.ts';
import { freshProcess } from '../../support/fresh-process.ts';
import { all, media, writeWith } from '../../support/media.ts';
import { ffmpegChildren } from '../../support/processes.ts';

/** 60 frames, one every 100 ms. */
const clip = (): string =>
  media('sixty.mp4', '-f lavfi -i testsrc2=s=64x48:r=10:d=6 -pix_fmt yuv420p -c:v libx264 -g 10');
const SIXTY = Array.from({ length: 60 }, (_, n) => n);

/** Keeps the thread busy, as a synchronous engine does. */
const hold = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const busy = (ms: number) => tap<Frame<Pixels>>(() => void hold(ms));

/** All of a file through a stage that keeps the thread busy: the labels, and the account. */
async function run(options: VideoFileOptions, ms = 30) {
  const source = videoFile(clip(), options);
  const { leases } = watch(source);
  const labels = await lastValueFrom(
    source.pipe(
      busy(ms),
      markDelivered(),
      concatMap(({ label }) => [label]),
      toArray(),
    ),
  );
  return { labels, account: closedAccount(source), leases: leases() };
}

describe('a file whose frames may be dropped, and a stage that keeps the thread busy', () => {
  it('latest: drops what came meanwhile, counts every frame, and takes the last one', async () => {
    const { labels, account, leases } = await run({ policy: 'latest', maxInFlight: 1 });
    expect(labels.every(({ seq, timestamp }) => timestamp === seq * 100_000)).toBe(true);
    expect(labels[0]?.seq).toBe(0);
    expect(labels.at(-1)?.seq).toBe(59);
    expect(account).toEqual({
      produced: 60,
      delivered: labels.length,
      discarded: 0,
      failed: 0,
      replaced: 60 - labels.length,
    });
    expect(account['replaced']).toBeGreaterThan(0);
    expect(leases).toBe(1);
  });

  it('dropNewest: takes none that came meanwhile', async () => {
    const { labels, account } = await run({ policy: 'dropNewest' });
    expect(labels.every(({ seq, timestamp }) => timestamp === seq * 100_000)).toBe(true);
    expect(account['produced']).toBe(60);
    expect(account['full']).toBe(60 - labels.length);
  });

  it('maxAge: a frame that waited too long is stale', async () => {
    const { account } = await run({ policy: 'latest', maxInFlight: 1, maxAge: 1 }, 60);
    expect(account['stale']).toBeGreaterThan(0);
    expect(account['produced']).toBe(60);
  });

  it.each([{}, { policy: 'wait' }, { policy: { buffer: 3 } }, { changes: new Subject() }] as const)(
    '%o: loses nothing',
    async (options) => {
      const { labels, account } = await run(options as VideoFileOptions, 1);
      expect(labels.map(({ seq }) => seq)).toEqual(SIXTY);
      expect(account).toEqual({ produced: 60, delivered: 60, discarded: 0, failed: 0 });
    },
  );

  it('gives the bytes that the decoder gives elsewhere', async () => {
    const frames: { timestamp: number; data: Uint8Array }[] = [];
    const source = videoFile(clip(), { policy: 'latest', resize: { width: 20, height: 16 } });
    await lastValueFrom(
      source.pipe(tap(({ data, label }) => frames.push({ timestamp: label.timestamp, data: data.data as Uint8Array }))),
    );
    const whole = await all(decode(clip(), { resize: { width: 20, height: 16 } }));
    const byTime = new Map(whole.map(({ timestamp, data }) => [timestamp, Buffer.from(data.data).toString('hex')]));
    expect(frames.length).toBeGreaterThan(0);
    for (const { timestamp, data } of frames) expect(Buffer.from(data).toString('hex')).toBe(byTime.get(timestamp));
  });

  it('can be changed while it runs: from wait to latest, and back', async () => {
    const changes = new Subject<FrameSourceChanges>();
    const source = videoFile(clip(), { policy: 'wait', maxInFlight: 1, changes });
    const seqs: number[] = [];
    const stage = tap(({ label }: Frame<Pixels>) => {
      seqs.push(label.seq);
      if (seqs.length === 5) changes.next({ policy: 'latest' });
      hold(seqs.length < 5 ? 0 : 20);
    });
    await lastValueFrom(source.pipe(stage, markDelivered()));
    expect(seqs.slice(0, 5)).toEqual([0, 1, 2, 3, 4]);
    const account = closedAccount(source);
    expect(account['produced']).toBe(60);
    expect(account['replaced']).toBe(60 - seqs.length);
  });

  it('two at once, and one after the other, do not disturb each other', async () => {
    const source = videoFile(clip(), { policy: 'latest' });
    const count = () => lastValueFrom(source.pipe(markDelivered(), toArray()));
    const [one, two] = await Promise.all([count(), count()]);
    const three = await count();
    for (const frames of [one, two, three]) expect(frames.at(-1)?.label.seq).toBe(59);
    expect(source.ledger.counts.produced).toBe(180);
    expect(await source.info()).toMatchObject({ width: 64, height: 48 });
  });
});

describe('a live source over HTTP, and a stage that is slower', () => {
  it('drops frames while the thread is busy', async () => {
    // In a process of its own, as this thread is busy: 60 frames, 20 a second.
    const script = `
      const { spawn } = require('node:child_process');
      require('node:http').createServer((_, response) => {
        const args = '-v error -re -f lavfi -i testsrc=s=64x48:r=20:d=3 -c:v mpeg2video -g 5 -flush_packets 1 -f mpegts pipe:1';
        const child = spawn('ffmpeg', args.split(' '), { stdio: ['ignore', 'pipe', 'inherit'] });
        response.writeHead(200, { 'content-type': 'video/mp2t' });
        child.stdout.pipe(response);
        response.on('close', () => child.kill('SIGKILL'));
      }).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
      process.on('disconnect', () => process.exit());`;
    const server = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    try {
      const [port] = (await once(server.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
      const source = videoFile(`http://127.0.0.1:${String(port).trim()}/live.ts`, { policy: 'latest' });
      const frames = await lastValueFrom(source.pipe(busy(150), markDelivered(), toArray()));
      const { produced, replaced = 0 } = closedAccount(source);
      expect(produced).toBe(60);
      // Three come while one is worked on, at least.
      expect(replaced).toBeGreaterThanOrEqual(30);
      expect(frames.length).toBe(60 - replaced);
      expect(frames.at(-1)?.label.seq).toBe(59);
    } finally {
      server.kill();
      await once(server, 'exit');
    }
  });
});

describe('the events of a source that drops frames itself', () => {
  it('are in the order of their times, and of the frames', async () => {
    const source = videoFile(clip(), { policy: 'latest' });
    const times: number[] = [];
    const arrived: number[] = [];
    source.events.subscribe(({ at, type, label }) => {
      times.push(at);
      if (type === 'arrived') arrived.push(label.seq);
    });
    await lastValueFrom(source.pipe(busy(20), markDelivered()));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(arrived).toEqual(SIXTY);
  });
});

describe('what goes wrong in the thread', () => {
  it.each([
    ['not-found', '/nowhere/at all.mp4', {}],
    ['bad-ffmpeg', clip(), { ffmpeg: '/nowhere/ffmpeg' }],
    ['not-a-video', writeWith('text.mp4', 'This is no video at all.\n'.repeat(50)), {}],
    ['start-past-end', clip(), { start: 1000 }],
  ] as const)('%s ends the stream with the same error as elsewhere', async (code, file, options) => {
    const source = videoFile(file, { ...options, policy: 'latest' });
    await expect(lastValueFrom(source)).rejects.toMatchObject({ name: 'SourceError', code });
    await expect(lastValueFrom(videoFile(file, options))).rejects.toMatchObject({ code });
  });

  it('damage is a warning', async () => {
    const whole = readFileSync(clip());
    const source = videoFile(writeWith('cut.mp4', whole.subarray(0, Math.round(whole.length * 0.8))), {
      policy: 'latest',
    });
    const codes: string[] = [];
    source.warnings.subscribe(({ code }) => codes.push(code));
    await lastValueFrom(source).catch(() => undefined);
    expect(source.ledger.counts.produced === 0 || codes.includes('damaged')).toBe(true);
  });

  it('the same option errors as elsewhere', () => {
    expect(() => videoFile(clip(), { policy: 'latest', threads: 0 })).toThrow('threads must be a whole number');
    expect(() => videoFile('rtsp://camera', { policy: 'latest' })).toThrow('only paths and');
  });
});

describe.skipIf(process.platform !== 'linux')('the thread and its child process', () => {
  const long = (): string =>
    media('long.mp4', '-f lavfi -i testsrc=s=640x360:r=30:d=60 -pix_fmt yuv420p -c:v libx264 -preset ultrafast');
  const mine = () => ffmpegChildren(process.pid);

  it.each([0, 50, 300, 1000])('are gone after the subscription ended, %i ms after it began', async (ms) => {
    const subscription = videoFile(long(), { policy: 'latest' }).subscribe();
    await wait(ms);
    subscription.unsubscribe();
    await expect.poll(mine).toEqual([]);
  });

  it('are gone after take', async () => {
    await lastValueFrom(videoFile(long(), { policy: 'dropNewest' }).pipe(take(2)));
    await expect.poll(mine).toEqual([]);
  });

  it('end with a stage that throws', async () => {
    const failing = tap(() => {
      throw new RangeError('mine');
    });
    await expect(lastValueFrom(videoFile(long(), { policy: 'latest' }).pipe(failing))).rejects.toThrow('mine');
    await expect.poll(mine).toEqual([]);
  });

  it.each(['process.exit(7)', "process.kill(process.pid, 'SIGKILL')"])('end with the process: %s', async (how) => {
    const { stdout } = await freshProcess(`
      import { videoFile } from 'sluice/node';
      import { readdirSync, readFileSync } from 'node:fs';
      videoFile(${JSON.stringify(long())}, { policy: 'latest' }).subscribe(() => {
        const pids = readdirSync('/proc/self/task').flatMap((task) =>
          readFileSync('/proc/self/task/' + task + '/children', 'utf8').trim().split(' '));
        process.stdout.write(pids.filter((pid) => /ffmpeg/.test(readName(pid))).join());
        ${how};
      });
      function readName(pid) { try { return readFileSync('/proc/' + pid + '/comm', 'utf8'); } catch { return ''; } }
    `);
    expect(stdout).toMatch(/^\d+$/);
    const runs = () => {
      try {
        return readFileSync(`/proc/${stdout}/comm`, 'utf8').startsWith('ffmpeg');
      } catch {
        return false;
      }
    };
    await expect.poll(runs).toBe(false);
  });
});

describe('frames that a source dropped itself', () => {
  it('have wrong timestamps as others do', async () => {
    // An iterable that tells the gate of a dropped frame, as the thread does.
    const { frameSource } = await import('sluice');
    const iterable = {
      [Symbol.asyncIterator]() {
        let n = 0;
        let dropped: (arrival: { data: { byteLength: number }; timestamp: number }, cause: 'replaced') => void;
        return {
          keep: (_: unknown, tell: typeof dropped) => (dropped = tell),
          async next() {
            if (n > 0) return { done: true as const, value: undefined };
            dropped({ data: { byteLength: 3 }, timestamp: 5 }, 'replaced');
            dropped({ data: { byteLength: 3 }, timestamp: 5 }, 'replaced');
            return { done: false as const, value: { data: n++, timestamp: 9 } };
          },
        };
      },
    };
    const source = frameSource<number>(iterable, { source: 'odd', policy: 'latest', onError: 'skip' });
    await lastValueFrom(source.pipe(markDelivered()));
    expect(closedAccount(source)).toEqual({ produced: 3, delivered: 1, discarded: 0, failed: 1, replaced: 1 });
    const strict = frameSource<number>(iterable, { source: 'odd', policy: 'latest' });
    await expect(lastValueFrom(from(strict))).rejects.toMatchObject({ code: 'timestamp' });
  });
});
