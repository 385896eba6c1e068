import path from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import type { Embedding, Keypoints, Segmentation } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { batchCommand } from '../../src/cli/commands/batch-command.ts';
import { media, scratch } from '../support/media.ts';
import { constantFolder, detectorFolder } from '../support/own-detector.ts';
import { sluice, squirrel, type Ended } from '../support/sluice.ts';

/** Ten grey frames of 64×48 pixels. The network sees the middle 48×48 of them, a pixel for each six. */
const grey = () => media('grey.mp4', '-f lavfi -i color=gray:s=64x48:r=10:d=1 -pix_fmt yuv420p -c:v libx264 -g 5');

const HOW = ['--range', '0,1', '--engine', 'cpu', '--quiet', '--every', '10'];
let [person, halves, both]: string[][] = [[], [], []];

beforeAll(async () => {
  // The nose is in the middle and certain; all other points are in a corner and doubtful.
  const points = Array.from({ length: 17 }, (_, i) => (i === 0 ? [0.5, 0.5, 0.9] : [0, 0, 0.1])).flat();
  // On the left a cat, on the right a dog: scores of both classes for two columns.
  const scores = [0.9, 0.1, 0.1, 0.9];
  const folders = await Promise.all([
    constantFolder('person', [1, 17, 3], points),
    constantFolder('halves', [1, 2, 2], scores),
  ]);
  person = ['--model', folders[0] ?? '', ...HOW];
  halves = ['--model', folders[1] ?? '', ...HOW];
  both = ['--labels', path.join(folders[1] ?? '', 'labels.txt')];
});

const resultOf = ({ stdout, stderr, code }: Ended): Keypoints & Segmentation & Embedding => {
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Keypoints & Segmentation & Embedding;
};

describe('sluice pose', () => {
  it('gives points in pixels of the video, those that are certain enough', async () => {
    const { poses } = resultOf(await sluice(['pose', ...person!, '--min-score', '0.1', grey()]));
    expect(poses.map(({ points }) => points)).toEqual([[{ name: 'nose', x: 32, y: 24, score: 0.9 }]]);
    const all = resultOf(await sluice(['pose', ...person!, '--min-score', '0', '--min-point-score', '0', grey()]));
    expect(all.poses[0]?.points).toHaveLength(17);
    const none = resultOf(await sluice(['pose', ...person!, '--min-score', '0.5', grey()]));
    expect(none.poses).toEqual([]);
  });

  it('has a row for each point in CSV', async () => {
    const { stdout } = await sluice(['pose', ...person!, '--min-score', '0', '--format', 'csv', grey()]);
    const rows = parseCsv<Record<string, string>>(stdout, { columns: true });
    expect(rows.map(({ point, name, x, y }) => [point, name, x, y])).toEqual([['0', 'nose', '32', '24']]);
  });
});

describe('sluice segment', () => {
  it('gives regions in the picture, with their areas', async () => {
    const given = await sluice(['segment', ...halves!, ...both!, '--map-kind', 'scores', '--layout', 'nhwc', grey()]);
    const { regions, picture } = resultOf(given);
    expect(picture).toEqual({ width: 64, height: 48 });
    // The network sees the columns 8 to 55, so that each class has half of them.
    expect(regions.map(({ label, area }) => [label, area])).toEqual([
      ['cat', 24 * 48],
      ['dog', 24 * 48],
    ]);
  });

  it('of the labels and shares that are asked for, and the same from batch', async () => {
    const own = [...halves!, ...both!, '--map-kind', 'scores', '--only', 'dog', '--map-size', 'network'];
    const [one, many] = await Promise.all([
      sluice(['segment', ...own, grey()]),
      sluice(['batch', '--task', 'segment', '--workers', '1', ...own, grey()]),
    ]);
    expect(resultOf(one).regions.map(({ label }) => label)).toEqual(['dog']);
    expect([many.stdout, many.stderr]).toEqual([one.stdout, '']);
    const none = await sluice(['segment', ...own, '--min-share', '0.9', grey()]);
    expect(resultOf(none).regions).toEqual([]);
  });
});

describe('sluice embed', () => {
  it('gives the features of a classifier, of length 1 where that is asked for', async () => {
    const { vector } = resultOf(await sluice(['embed', '--quiet', squirrel]));
    const unit = resultOf(await sluice(['embed', '--quiet', '--normalize', squirrel])).vector;
    expect([vector.length, unit.length]).toEqual([1024, 1024]);
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value ** 2, 0));
    for (const [i, value] of unit.entries()) expect(value).toBeCloseTo((vector[i] ?? 0) / length, 5);
  });

  it('gives what a model of one’s own gives, as it is', async () => {
    const folder = await constantFolder('vector', [3], [3, 4, 12]);
    const own = ['embed', '--model', folder, ...HOW, '--as-is'];
    expect(resultOf(await sluice([...own, '--normalize', grey()])).vector).toEqual(
      [3 / 13, 4 / 13, 12 / 13].map((value) => expect.closeTo(value, 6) as number),
    );
    const refused = await sluice([...own, '--annotate', path.join(scratch(), 'v.mp4'), grey()]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('task embedding have none') as string]);
  });
});

describe('wrong usage', () => {
  it.each<[string, string[], number, string]>([
    ['a pose model that is not downloaded', ['pose'], 1, 'movenet is not downloaded: run sluice models pull movenet'],
    ['a detector for segment', ['segment', '--model', 'coco-ssd'], 2, 'is detection: give a model whose task is segm'],
    ['a classifier for pose', ['pose', '--model', 'lenet5'], 2, 'the task of lenet5 is classification: give a model'],
    ['the head of another task', ['pose', '--head', 'ssd'], 2, "argument 'ssd' is invalid"],
    ['boxes for embed', ['embed', '--model', 'lenet5', '--iou', '1'], 2, "unknown option '--iou'"],
    ['a threshold of 0', ['segment', '--threshold', '0'], 2, 'It must be a number over 0 and at most 1'],
    [
      'an option of another task',
      ['batch', '--task', 'pose', '--background', '1'],
      2,
      'is for --task detect and segment',
    ],
    [
      'points of boxes',
      ['batch', '--model', 'coco-ssd', '--min-point-score', '1'],
      2,
      '--min-point-score selects points',
    ],
    ['an unknown option', ['pose', '--top', '1'], 2, '(sluice pose --help lists the options)'],
  ])('%s is one clear error', async (_, args, code, said) => {
    const ended = await sluice([...args, squirrel], { env: { SLUICE_CACHE: scratch() } });
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(ended.stderr).toContain(said);
  });

  it('a model whose output has no form of the task is an error that lists its shape', async () => {
    const detector = await detectorFolder('boxes', [[0, 0, 8, 8, 0.9, 0]]);
    const { code, stderr } = await sluice(['pose', '--model', detector, ...HOW, squirrel]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('[1, 1, 6]') as string]);
    const maps = await sluice(['segment', ...person!, ...both!, '--map-kind', 'scores', squirrel]);
    expect([maps.code, maps.stderr]).toEqual([2, expect.stringContaining('[1, 1, 17, 3]') as string]);
  });
});

it('sluice batch says of --min-score what it does for each task', () => {
  const option = batchCommand(() => undefined).options.find(({ long }) => long === '--min-score');
  expect(option?.description).toMatch(/classes, boxes and poses .*default/);
});
