import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { lastValueFrom, map, take, toArray } from 'rxjs';
import { frameSource, OptionError, type SluiceError, type Frame, type FrameLabel, type Pixels } from 'sluice';
import { images, imagesOut } from 'sluice/node';
import { describe, expect, it } from 'vitest';
import { closedAccount, run, watch } from '../../support/balance.ts';
import { scratch } from '../../support/media.ts';
import { picture, pictures } from '../../support/picture-frames.ts';

const folder = () => mkdtempSync(path.join(scratch(), 'images-'));

const bytesOf = (file: string) =>
  lastValueFrom(
    images([file]).pipe(
      map(({ data }: Frame<Pixels>) => Buffer.from(data.data).toString('hex')),
      toArray(),
    ),
  );

describe('imagesOut', () => {
  it('writes each picture without loss, in order, and keeps leases until then', async () => {
    const at = folder();
    const frames = pictures(5, { source: 'videos/clip.v2.mp4', maxInFlight: 2 });
    const { leases } = watch(frames);
    const { values, completed } = await run(frames.pipe(imagesOut(path.join(at, 'new'))));
    expect(values.map(({ seq, path: file }) => [seq, path.relative(at, file)])).toEqual(
      [0, 1, 2, 3, 4].map((k) => [k, path.join('new', `clip.v2-00000${k}.png`)]),
    );
    expect([completed, leases()]).toEqual([true, 2]);
    for (const { path: file, seq } of values) {
      expect(await bytesOf(file)).toEqual([Buffer.from(picture(seq).data).toString('hex')]);
    }
    expect(closedAccount(frames)).toEqual({ produced: 5, delivered: 5, discarded: 0, failed: 0 });
  });

  it('writes other formats, under other names, in folders', async () => {
    const at = folder();
    const name = ({ seq, timestamp }: FrameLabel) => `t${timestamp}/${seq}`;
    const { values } = await run(pictures(2).pipe(imagesOut(at, { format: 'jpeg', quality: 50, name })));
    expect(values.map(({ path: file }) => path.relative(at, file))).toEqual([
      path.join('t0', '0.jpg'),
      path.join('t40000', '1.jpg'),
    ]);
    expect(readFileSync(values[0]?.path ?? '').subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
    const webp = await run(pictures(1).pipe(imagesOut(at, { format: 'webp' })));
    expect(readFileSync(webp.values[0]?.path ?? '').toString('latin1', 8, 12)).toBe('WEBP');
  });

  it('leaves no half of a file when it is unsubscribed from', async () => {
    const at = folder();
    const frames = pictures(30);
    await run(frames.pipe(imagesOut(at), take(2)));
    await expect.poll(() => readdirSync(at).filter((name) => !name.endsWith('.png'))).toEqual([]);
    closedAccount(frames);
  });

  it.each<[string, (label: FrameLabel) => unknown, string]>([
    ['outside of the folder', () => '../x', 'imagesOut: name must give the name of a file in'],
    ['that is no text', () => 7, 'imagesOut: name must give the name of a file in'],
    ['that is empty', () => '', 'imagesOut: name must give the name of a file in'],
    ['that two pictures have', () => 'same', 'would be written twice, for test and test: give name'],
  ])('a name %s ends the stream with a clear error', async (_, name, said) => {
    const at = folder();
    const frames = pictures(3, { onError: 'skip' });
    const { error } = await run(frames.pipe(imagesOut(at, { name: name as never })));
    expect(error).toBeInstanceOf(OptionError);
    expect(String(error)).toContain(said);
    closedAccount(frames);
  });

  it('a folder that is a file is an error that names it', async () => {
    const at = path.join(folder(), 'file');
    writeFileSync(at, '');
    const { error } = await run(pictures(1, { onError: 'skip' }).pipe(imagesOut(at)));
    expect([(error as SluiceError).code, String(error)]).toEqual(['output', expect.stringContaining(at)]);
  });

  it('data that are no picture fail their frame', async () => {
    const frames = frameSource(
      [{ data: { width: 2, height: 2, channels: 3, data: new Uint8Array(5) } as Pixels, timestamp: 0 }],
      {
        source: 'odd',
        onError: 'skip',
      },
    );
    const { values, completed } = await run(frames.pipe(imagesOut(folder())));
    expect([values, completed]).toEqual([[], true]);
    expect(closedAccount(frames)).toMatchObject({ failed: 1 });
  });

  it.each<[string, () => unknown, string]>([
    ['no folder', () => imagesOut(''), 'imagesOut: the folder must be a path, not ""'],
    ['another format', () => imagesOut('x', { format: 'gif' as never }), 'format must be png, jpeg or webp, not "gif"'],
    ['quality 0', () => imagesOut('x', { quality: 0 }), 'quality must be a number from 1 to 100, not 0'],
    ['a name that is no function', () => imagesOut('x', { name: 'a' as never }), 'name must be a function, not "a"'],
  ])('%s is refused', (_, call, said) => {
    expect(call).toThrow(OptionError);
    expect(call).toThrow(said);
  });
});
