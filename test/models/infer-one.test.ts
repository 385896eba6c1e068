import { readdirSync } from 'node:fs';
import { copyFile, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import { lastValueFrom } from 'rxjs';
import { frameSource, infer, releaseModels, useEngine, type Model, type Pixels } from 'sluice';
import { classifyOne, images, inferOne } from 'sluice/node';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { leakFree } from '../support/balance.ts';

const PHOTO = path.resolve('test/data/squirrel_cls.jpg');
let model: Model;
let bytes: Buffer;

beforeAll(async () => {
  await useEngine('onnxruntime');
  model = await mobilenetV1();
  bytes = await readFile(PHOTO);
});
afterEach(() => releaseModels());

const ours = () => readdirSync(tmpdir()).filter((name) => name.startsWith('sluice-picture-'));

describe('inferOne', () => {
  it('gives what infer gives, for a path, a URL and bytes', () =>
    leakFree(async () => {
      const expected = await lastValueFrom(
        images([PHOTO], { resize: model.preprocess }).pipe(infer(model, { top: 3 })),
      );
      const { buffer } = new Uint8Array([0, 0, ...bytes, 0]);
      const elsewhere = runInNewContext('new Uint8Array(given)', { given: [...bytes] }) as Uint8Array;
      for (const [picture, source] of [
        [PHOTO, PHOTO],
        [pathToFileURL(PHOTO), pathToFileURL(PHOTO).href],
        [bytes, 'picture'],
        [new Uint8Array(buffer, 2, bytes.length), 'picture'],
        [elsewhere, 'picture'],
      ] as const) {
        const {
          classes,
          source: told,
          seq,
          timestamp,
          timings,
          latencyMs,
        } = await inferOne(model, picture, { top: 3 });
        expect(classes).toEqual(expected.classes);
        expect([told, seq, timestamp]).toEqual([source, 0, 0]);
        expect(timings.map(({ stage }) => stage)).toEqual(expected.timings.map(({ stage }) => stage));
        expect(latencyMs).toBeGreaterThan(0);
      }
      expect(ours()).toEqual([]);
    }));

  it('takes pixels of any size', async () => {
    const rgb = await readFile('test/data/squirrel_224.rgb');
    const pixels: Pixels = { width: 224, height: 224, channels: 3, data: rgb };
    const { classes, source } = await classifyOne(model, pixels, { top: 1 });
    expect([source, classes[0]?.index]).toEqual(['picture', 336]);
    const piped = frameSource([{ data: pixels, timestamp: 0 }], { source: 'x' }).pipe(infer(model, { top: 1 }));
    expect(classes).toEqual((await lastValueFrom(piped)).classes);
    const tiny: Pixels = { width: 1, height: 1, channels: 4, data: new Uint8Array(4) };
    expect((await classifyOne(model, tiny, { top: 2 })).classes.length).toBe(2);
  });

  it('twenty at the same time are the same as one after the other', () =>
    leakFree(async () => {
      const all = await Promise.all(Array.from({ length: 20 }, () => classifyOne(model, bytes, { top: 1 })));
      const one = await classifyOne(model, bytes, { top: 1 });
      for (const { classes } of all) expect(classes).toEqual(one.classes);
      expect(ours()).toEqual([]);
    }));

  it.each([
    ['nothing', new Uint8Array(), 'empty', 'the picture is empty'],
    ['text', Buffer.from('#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n'), 'codec', 'the bytes are none of the pictures'],
    ['a video', Buffer.from('\0\0\0\x20ftypisom'.padEnd(64, '\0')), 'codec', 'the bytes are none of the pictures'],
    ['the beginning of a JPEG', Buffer.from('\xff\xd8\xff\xe0', 'latin1'), undefined, 'the picture'],
    [
      'noise behind the beginning of a PNG',
      Buffer.from(`\x89PNG\r\n\x1a\n${'x'.repeat(999)}`, 'latin1'),
      undefined,
      'the picture',
    ],
  ])('refuses %s, and leaves no file', async (_, picture, code, message) => {
    const error: unknown = await inferOne(model, picture).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'SourceError', message: expect.stringContaining(message) });
    if (code !== undefined) expect(error).toMatchObject({ code });
    expect((error as Error).message).not.toContain(tmpdir());
    expect(ours()).toEqual([]);
  });

  it.each([
    ['a number', 5],
    ['null', null],
    ['nothing', undefined],
    ['an object', {}],
    ['a list of paths', [PHOTO]],
  ])('refuses %s', async (_, picture) => {
    await expect(inferOne(model, picture as never)).rejects.toMatchObject({
      code: 'option',
      message: expect.stringContaining('inferOne takes a path, a URL, the bytes of a picture file'),
    });
  });

  it('refuses wrong options, and what is no model', async () => {
    await expect(inferOne(model, PHOTO, { tops: 1 } as never)).rejects.toMatchObject({ code: 'option' });
    await expect(inferOne(model, PHOTO, null as never)).rejects.toMatchObject({ code: 'option' });
    await expect(inferOne(model, PHOTO, { signal: 5 } as never)).rejects.toMatchObject({
      code: 'option',
      message: 'inferOne: signal must be an AbortSignal, not 5',
    });
    await expect(inferOne({} as never, PHOTO)).rejects.toMatchObject({ code: 'option' });
    await expect(inferOne(model, 'there-is-none.jpg')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('pixels that do not fit their size fail', async () => {
    const wrong: Pixels = { width: 2, height: 2, channels: 3, data: new Uint8Array(5) };
    await expect(inferOne(model, wrong)).rejects.toThrow(/2×2 with 3 channels/);
  });

  it('stops when its signal is aborted: before, and at any moment', () =>
    leakFree(async () => {
      const reason = new Error('the client has gone');
      await expect(inferOne(model, PHOTO, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      const folder = await mkdtemp(path.join(tmpdir(), 'one-'));
      const copy = path.join(folder, 'photo.jpg');
      await copyFile(PHOTO, copy);
      for (const wait of [0, 1, 5, 20, 50]) {
        for (const picture of [copy, bytes]) {
          const stop = new AbortController();
          const result = inferOne(model, picture, { signal: stop.signal }).catch((error: unknown) => error);
          await new Promise((next) => setTimeout(next, wait));
          stop.abort(reason);
          // It may have been faster.
          expect([reason, 'object']).toContain((await result) === reason ? reason : typeof (await result));
        }
      }
      expect(ours()).toEqual([]);
    }));

  it('a signal that is aborted later does nothing', async () => {
    const stop = new AbortController();
    const { classes } = await classifyOne(model, PHOTO, { top: 1, signal: stop.signal });
    stop.abort();
    expect(classes[0]?.index).toBe(336);
  });
});
