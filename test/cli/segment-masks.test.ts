import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { media, scratch } from '../support/media.ts';
import { constantFolder } from '../support/own-detector.ts';
import { readPng } from '../support/read-png.ts';
import { sluice, squirrel } from '../support/sluice.ts';

/** Ten grey frames of 64×48 pixels. The network sees the middle 48×48 of them, or all where it is stretched. */
const grey = () => media('grey.mp4', '-f lavfi -i color=gray:s=64x48:r=10:d=1 -pix_fmt yuv420p -c:v libx264 -g 5');

const HOW = ['--range', '0,1', '--engine', 'cpu', '--quiet', '--map-kind'];
let [halves, half]: string[][] = [[], []];

beforeAll(async () => {
  const folders = await Promise.all([
    // On the left class 0, on the right class 1; on the left 0.2, on the right 0.8.
    constantFolder('halves', [1, 2, 2], [0.9, 0.1, 0.1, 0.9]),
    constantFolder('half', [2, 2], [0.2, 0.8, 0.2, 0.8], ['person']),
  ]);
  const on = (model = '') => ['segment', '--model', model, '--labels', path.join(model, 'labels.txt'), ...HOW];
  halves = [...on(folders[0]), 'scores', '--layout', 'nhwc'];
  half = [...on(folders[1]), 'mask'];
});

const folder = () => mkdtempSync(path.join(scratch(), 'masks-'));

/** The numbers of the middle row, and how many pixels have each. */
function middle(file: string) {
  const { width, height, pixels } = readPng(readFileSync(file));
  const row = pixels.subarray((height >> 1) * width, ((height >> 1) + 1) * width);
  const counts = new Map<number, number>();
  for (const number of row) counts.set(number, (counts.get(number) ?? 0) + 1);
  return { width, height, counts: [...counts] };
}

describe('sluice segment --masks', () => {
  it('writes class numbers for each frame that is labelled, beside the results', async () => {
    const at = path.join(folder(), 'deep', 'masks');
    const plain = await sluice([...halves!, '--every', '5', grey()]);
    const ended = await sluice([...halves!, '--every', '5', '--masks', at, grey()]);
    expect([ended.code, ended.stderr, ended.stdout]).toEqual([0, '', plain.stdout]);
    expect(readdirSync(at).toSorted()).toEqual(['grey-000000.png', 'grey-000005.png']);
    // The sides are those that the network did not see.
    expect(middle(path.join(at, 'grey-000005.png'))).toEqual({
      ...{ width: 64, height: 48 },
      counts: [
        [255, 16],
        [0, 24],
        [1, 24],
      ],
    });
  });

  it('gives what is in no region the number of the background, where all was seen', async () => {
    const at = folder();
    const all = ['--fit', 'fill', '--background', '1', '--end', '0.1', '--map-size', 'network'];
    expect(await sluice([...halves!, ...all, '--masks', at, grey()])).toMatchObject({ code: 0, stderr: '' });
    expect(middle(path.join(at, 'grey-000000.png'))).toEqual({
      width: 8,
      height: 8,
      counts: [
        [0, 4],
        [1, 4],
      ],
    });
  });

  it('writes what is selected also where results are means', async () => {
    const at = folder();
    const chosen = ['--per', 'file', '--min-share', '0.6', '--end', '0.1', '--masks', at];
    expect((await sluice([...halves!, ...chosen, grey()])).code).toBe(0);
    expect(middle(path.join(at, 'grey-000000.png')).counts).toEqual([[255, 64]]);
  });

  it('writes the probabilities of a mask', async () => {
    const at = folder();
    const ended = await sluice([...half!, '--fit', 'fill', '--masks', at, squirrel]);
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    const { counts } = middle(path.join(at, 'squirrel_cls-000000.png'));
    expect([counts[0]?.[0], counts.at(-1)?.[0]]).toEqual([51, 204]);
  });

  it('refuses inputs whose masks would have one name, and an input that a mask may replace', async () => {
    const at = folder();
    mkdirSync(path.join(at, 'b'));
    const [one, other] = [path.join(at, 'a.jpg'), path.join(at, 'b', 'a.png')];
    copyFileSync(squirrel, one);
    copyFileSync(squirrel, other);
    const masks = path.join(at, 'masks');
    const same = await sluice([...halves!, '--masks', masks, one, other]);
    expect([same.code, same.stdout]).toEqual([2, '']);
    expect(same.stderr).toContain(`${one} and ${other} would both be written to ${path.join(masks, 'a-000000.png')}`);
    const numbered = path.join(at, 'a-000012.png');
    copyFileSync(squirrel, numbered);
    const over = await sluice([...halves!, '--masks', at, one, numbered]);
    expect([over.code, over.stderr]).toEqual([2, expect.stringContaining(`replace the input ${numbered}`) as string]);
    expect(readdirSync(at).toSorted()).toEqual(['a-000012.png', 'a.jpg', 'b']);
  });

  it('wrong usage, and a folder that is a file, are clear errors', async () => {
    const empty = await sluice([...halves!, '--masks', '', squirrel]);
    expect([empty.code, empty.stderr]).toEqual([2, expect.stringContaining('--masks needs a folder') as string]);
    const other = await sluice(['detect', '--masks', 'x', squirrel]);
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("unknown option '--masks'") as string]);
    const file = path.join(folder(), 'file');
    writeFileSync(file, '');
    const onto = await sluice([...halves!, '--masks', file, squirrel]);
    expect([onto.code, onto.stderr]).toEqual([1, expect.stringContaining(`${file} is not a folder`) as string]);
  });
});
