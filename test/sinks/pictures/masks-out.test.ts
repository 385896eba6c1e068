import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { from, lastValueFrom, toArray } from 'rxjs';
import { OptionError, type FrameLabel, type Segmentation } from 'sluice';
import { masksOut, type MasksOutOptions } from 'sluice/node';
import { describe, expect, it } from 'vitest';
import { readPng } from '../../support/read-png.ts';
import { scratch } from '../../support/media.ts';
import { region } from '../../support/regions.ts';

const folder = () => mkdtempSync(path.join(scratch(), 'masks-'));
const picture = { width: 3, height: 2 };

/** A cat on the left, a dog on the right, and nothing between them. */
const pets: Segmentation = {
  form: 'classes',
  regions: [
    region(
      8,
      'cat',
      [
        [0, 0],
        [0, 1],
      ],
      picture,
    ),
    region(12, 'dog', [[2, 1]], picture),
  ],
  unseen: 0,
  picture,
};

const labelled = (result: Segmentation, seq = 0, source = 'videos/clip.v2.mp4'): FrameLabel & Segmentation => ({
  ...{ source, seq, timestamp: seq * 40_000 },
  ...result,
});

const written = (at: string, results: readonly (FrameLabel & Segmentation)[], options?: MasksOutOptions) =>
  lastValueFrom(from(results).pipe(masksOut(at, options), toArray()));

const pngOf = async (result: Segmentation, options?: MasksOutOptions) => {
  const [file] = await written(folder(), [labelled(result)], options);
  return readPng(readFileSync(file?.path ?? ''));
};

describe('masksOut', () => {
  it('writes class numbers in the colours of Pascal VOC, under the names of the frames', async () => {
    const at = path.join(folder(), 'new');
    const files = await written(at, [labelled(pets, 3), labelled(pets, 12)]);
    expect(files).toEqual(
      [3, 12].map((seq) => ({
        ...{ source: 'videos/clip.v2.mp4', seq, timestamp: seq * 40_000 },
        path: path.join(at, `clip.v2-0000${seq < 10 ? 0 : ''}${seq}.png`),
      })),
    );
    const { pixels, ...png } = readPng(readFileSync(files[0]?.path ?? ''));
    expect(png).toEqual({ width: 3, height: 2, depth: 8, colourType: 3 });
    expect([...pixels]).toEqual([8, 255, 255, 8, 255, 12]);
  });

  it('is a picture that other programs read', async () => {
    const [file] = await written(folder(), [labelled(pets)], { background: 0 });
    const image = await loadImage(file?.path ?? '');
    const context = createCanvas(3, 2).getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, 3, 2);
    const colours = Array.from({ length: 6 }, (_, i) => [...data.subarray(4 * i, 4 * i + 4)].join(' '));
    // Pascal VOC's cat, background and dog.
    const [cat, none, dog] = ['64 0 0 255', '0 0 0 255', '64 0 128 255'];
    expect(colours).toEqual([cat, none, none, cat, none, dog]);
  });

  it('gives the background its number only where the network saw all of the picture', async () => {
    expect([...(await pngOf(pets, { background: 0 })).pixels]).toEqual([8, 0, 0, 8, 0, 12]);
    expect([...(await pngOf({ ...pets, unseen: 0.3 }, { background: 0 })).pixels]).toEqual([8, 255, 255, 8, 255, 12]);
  });

  it('writes class numbers over 255 as grey of 16 bits', async () => {
    const many = { ...pets, regions: [region(300, 'thing', [[1, 0]], picture)] };
    const { depth, colourType, pixels } = await pngOf(many);
    expect([depth, colourType, [...pixels]]).toEqual([16, 0, [65_535, 300, 65_535, 65_535, 65_535, 65_535]]);
  });

  it('writes the probabilities of a mask as grey, and its region where they are not known', async () => {
    const mask = Uint8Array.of(200, 0, 90, 255, 1, 128);
    const person = region(
      0,
      'person',
      [
        [0, 0],
        [0, 1],
        [2, 1],
      ],
      picture,
    );
    const result: Segmentation = { form: 'mask', regions: [person], unseen: 0, picture };
    const png = await pngOf({ ...result, mask });
    expect([png.depth, png.colourType, [...png.pixels]]).toEqual([8, 0, [...mask]]);
    expect([...(await pngOf({ ...result, mask, regions: [] })).pixels]).toEqual([...mask]);
    expect([...(await pngOf(result)).pixels]).toEqual([255, 0, 0, 255, 0, 255]);
  });

  it('has the size of the map where this is that of the network, and takes a map of one pixel', async () => {
    const place = { width: 1, height: 1, left: 0, top: 0, scaleX: 3, scaleY: 2 };
    const one = { ...pets, regions: [region(8, 'cat', [[0, 0]], place)], place };
    expect(await pngOf(one)).toMatchObject({ width: 1, height: 1, pixels: Uint8Array.of(8) });
  });

  it('takes names, and refuses those that two results have or that are outside of the folder', async () => {
    const at = folder();
    const byTime = ({ timestamp }: FrameLabel) => `t/${timestamp}`;
    const [file] = await written(at, [labelled(pets, 1)], { name: byTime });
    expect(path.relative(at, file?.path ?? '')).toBe(path.join('t', '40000.png'));
    await expect(written(at, [labelled(pets), labelled(pets, 0, 'b/clip.v2.mp4')])).rejects.toThrow(
      /clip\.v2-000000\.png would be written twice, for videos\/clip\.v2\.mp4 and b\/clip\.v2\.mp4: give name/,
    );
    await expect(written(at, [labelled(pets)], { name: () => '../x' })).rejects.toThrow('masksOut: name must give');
    expect(readdirSync(at).toSorted()).toEqual(['clip.v2-000000.png', 't']);
  });

  it.each<[string, () => unknown, string]>([
    ['no folder', () => masksOut(''), 'masksOut: the folder must be a path'],
    ['a background that is no number', () => masksOut('x', { background: -1 }), 'background must be a whole number'],
    ['a name that is no function', () => masksOut('x', { name: 'y' as never }), 'masksOut: name must be a function'],
    ['an unknown option', () => masksOut('x', { none: 0 } as never), 'masksOut has no option "none"'],
  ])('%s is an OptionError', (_, make, said) => {
    expect(make).toThrow(OptionError);
    expect(make).toThrow(said);
  });

  it('a result of another task, a damaged mask and a folder that is a file are clear errors', async () => {
    const at = folder();
    const boxes = { ...labelled(pets), regions: undefined } as never;
    await expect(written(at, [boxes])).rejects.toThrow('masksOut takes results of segmentation()');
    const damaged = { ...pets, regions: [{ ...pets.regions[0]!, rle: { size: [2, 3] as const, counts: '9' } }] };
    await expect(written(at, [labelled(damaged)])).rejects.toThrow('a mask is damaged');
    expect(readdirSync(at)).toEqual([]);
    const file = path.join(at, 'file');
    writeFileSync(file, '');
    await expect(written(file, [labelled(pets)])).rejects.toThrow(`cannot write ${path.join(file, 'clip')}`);
  });
});
