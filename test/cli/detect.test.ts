import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { firstValueFrom, map } from 'rxjs';
import { detection, importModel, useEngine, writeModel, type Detection } from 'sluice';
import { videoFile } from 'sluice/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { media, rgbAt, scratch } from '../support/media.ts';
import { detectorFiles, detectorFolder, type CompleteBox } from '../support/own-detector.ts';
import { sluice, squirrel, type Ended } from '../support/sluice.ts';

const BOXES: readonly CompleteBox[] = [
  [2, 2, 6, 4, 0.9, 1],
  [0, 0, 8, 8, 0.75, 0],
  [1, 1, 3, 3, 0.25, 0],
];

/** Ten grey frames of 64×48 pixels. The network sees the middle 48×48 of them, a pixel for each six. */
const grey = () => media('grey.mp4', '-f lavfi -i color=gray:s=64x48:r=10:d=1 -pix_fmt yuv420p -c:v libx264 -g 5');

let own: readonly string[];
let folder: string;
beforeAll(async () => {
  folder = await detectorFolder('detector', BOXES);
  own = [
    '--model',
    folder,
    '--labels',
    path.join(folder, 'labels.txt'),
    '--range',
    '0,1',
    '--engine',
    'cpu',
    '--quiet',
  ];
});

const boxesIn = ({ stdout }: Ended) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as Detection).boxes);

const DOG = { x: 20, y: 12, width: 24, height: 12, score: 0.9, label: 'dog', index: 1 };
const CAT = { x: 8, y: 0, width: 48, height: 48, score: 0.75, label: 'cat', index: 0 };
const SMALL = { x: 14, y: 6, width: 12, height: 12, score: 0.25, label: 'cat', index: 0 };

describe('sluice detect', () => {
  it('gives boxes in pixels of the video, of the score and the labels that are asked for', async () => {
    const all = await sluice(['detect', ...own, '--min-score', '0.1', grey()]);
    expect([all.code, all.stderr]).toEqual([0, '']);
    expect(boxesIn(all)).toEqual(Array.from({ length: 10 }, () => [DOG, CAT, SMALL]));
    const chosen = await sluice(['detect', ...own, '--every', '5', '--only', 'cat', '--max-detections', '1', grey()]);
    expect(boxesIn(chosen)).toEqual([[CAT], [CAT]]);
    const both = await sluice(['detect', ...own, '--every', '10', '--except', 'cat', '--iou', '0.1', grey()]);
    expect(boxesIn(both)).toEqual([[DOG]]);
  });

  it('has a row for each box in CSV, and draws the boxes on a copy of the video', async () => {
    const [out, drawn] = [path.join(scratch(), 'boxes.csv'), path.join(scratch(), 'boxes.mp4')];
    const ended = await sluice(['detect', ...own, '--out', out, '--annotate', drawn, grey()]);
    expect([ended.code, ended.stdout, ended.stderr]).toEqual([0, '', '']);
    const rows = parseCsv<Record<string, string>>(readFileSync(out, 'utf8'), { columns: true });
    expect(rows.map(({ seq, box, label, x }) => [seq, box, label, x]).slice(0, 3)).toEqual([
      ['0', '1', 'dog', '20'],
      ['0', '2', 'cat', '8'],
      ['1', '1', 'dog', '20'],
    ]);
    const spread = (pixel: readonly number[]) => Math.max(...pixel) - Math.min(...pixel);
    const shown = videoFile(drawn).pipe(map(({ data }) => [spread(rgbAt(data, 32, 23)), spread(rgbAt(data, 32, 36))]));
    const [edge = 0, ground = 0] = await firstValueFrom(shown);
    // The lower edge of the dog is in colour; what lies between the boxes' edges stays grey.
    expect(edge).toBeGreaterThan(30);
    expect(ground).toBeLessThan(10);
  });

  it('gives boxes the numbers of their objects with --track', async () => {
    const tracked = await sluice(['detect', ...own, '--track', '--every', '5', grey()]);
    expect([tracked.code, tracked.stderr]).toEqual([0, '']);
    // The third box has too low a score to begin a track.
    const [dog, cat] = [
      { ...DOG, trackId: 1 },
      { ...CAT, trackId: 2 },
    ];
    expect(boxesIn(tracked)).toEqual([
      [dog, cat],
      [dog, cat],
    ]);
    const mot = await sluice(['detect', ...own, '--track', '--every', '5', '--format', 'mot', grey()]);
    expect(mot.stdout.split('\n').map((line) => line.slice(0, 3))).toEqual(['1,1', '1,2', '2,1', '2,2', '']);
    const batch = await sluice(['batch', '--task', 'detect', ...own, '--track', grey()]);
    expect([batch.code, batch.stderr]).toEqual([2, expect.stringContaining("unknown option '--track'") as string]);
  });

  it('writes the formats of other tools', async () => {
    const format = async (name: string, ...more: string[]) =>
      (await sluice(['detect', ...own, '--every', '5', '--format', name, ...more])).stdout;
    const coco = JSON.parse(await format('coco', grey(), squirrel)) as Record<string, { id: number; name?: string }[]>;
    expect([coco['images']?.length, coco['annotations']?.length]).toEqual([3, 6]);
    expect(coco['categories']).toEqual([
      { id: 1, name: 'cat' },
      { id: 2, name: 'dog' },
    ]);
    expect((await format('mot', grey())).split('\n')[0]).toBe('1,-1,20,12,24,12,0.9,-1,-1,-1');
    expect((await format('yolo', '--max-detections', '1', squirrel)).split(' ')[0]).toBe('1');
    const refused = await sluice(['classify', '--format', 'coco', squirrel]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('holds boxes') as string]);
  });

  it('sluice batch writes the same bytes, with the task of the model or the one that is given', async () => {
    const reference = await sluice(['detect', ...own, '--min-score', '0.5', grey(), squirrel]);
    const job = ['batch', '--task', 'detect', ...own, '--min-score', '0.5', '--workers', '1'];
    const batch = await sluice([...job, grey(), squirrel]);
    expect([batch.code, batch.stderr]).toEqual([0, '']);
    expect(batch.stdout).toBe(reference.stdout);
    const seconds = ['--per', 'file', '--format', 'csv', '--min-score', '0.8', grey()];
    const [one, many] = await Promise.all([sluice(['detect', ...own, ...seconds]), sluice([...job, ...seconds])]);
    expect([many.stdout, many.stderr]).toEqual([one.stdout, '']);
    expect(one.stdout).toContain('dog,0.9');
  });

  it('reads the task of a model file, and classify says which command it needs', async () => {
    await useEngine('cpu');
    const model = await importModel(detectorFiles(BOXES), {
      normalize: { range: [0, 1] },
      labels: ['cat', 'dog'],
      task: detection({ head: 'boxes' }),
    });
    const file = path.join(scratch(), 'detector.safetensors');
    writeFileSync(file, writeModel(model));
    const found = await sluice(['detect', '--quiet', '--model', file, squirrel]);
    expect(boxesIn(found)[0]?.map(({ label }) => label)).toEqual(['dog', 'cat']);
    const out = path.join(scratch(), 'boxes.json');
    const args = ['--quiet', '--model', file, '--workers', '1', '--format', 'coco', '--out', out, squirrel];
    expect(await sluice(['batch', ...args])).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ annotations: [{}, {}] });
    expect(await sluice(['classify', '--model', file, squirrel])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is detection: use sluice detect') as string,
    });
    expect(await sluice(['batch', '--task', 'classify', '--quiet', '--model', file, squirrel])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is detection: use sluice detect') as string,
    });
  });

  it.each<[string, string[], number, string]>([
    ['a model that is not downloaded', ['detect'], 1, 'coco-ssd is not downloaded: run sluice models pull coco-ssd'],
    [
      'a classifier',
      ['detect', '--model', 'mobilenet-v1'],
      2,
      'the task of mobilenet-v1 is classification: give a model whose task is detection, such as coco-ssd',
    ],
    [
      'the head of a known model',
      ['detect', '--head', 'ssd'],
      2,
      'coco-ssd is complete: leave out the options of its head',
    ],
    [
      'the range of a known model',
      ['detect', '--range', '0,1'],
      2,
      'coco-ssd is complete: leave out the range of its pixels',
    ],
    ['weights of a known model', ['detect', '--weights', 'w'], 2, 'coco-ssd is complete: leave out --weights'],
    ['a head that is none', ['detect', '--head', 'yolo'], 2, "argument 'yolo' is invalid"],
    ['a score over 1', ['detect', '--min-score', '2'], 2, 'It must be a number from 0 to 1'],
    ['an empty label', ['detect', '--only', 'a,,b'], 2, 'It must be a label, or several with commas'],
    ['boxes of classify', ['classify', '--iou', '0.5'], 2, "unknown option '--iou'"],
    ['a head without a task', ['batch', '--head', 'ssd'], 2, '--head is for --task detect and pose'],
    ['boxes of a classifier', ['batch', '--iou', '0.5'], 2, '--iou selects boxes, but the model gives none'],
    [
      'classes of a detector',
      ['batch', '--model', 'coco-ssd', '--top', '1'],
      2,
      '--top selects classes, but the model',
    ],
    ['a model of pictures', ['batch', '--model', 'esrgan'], 2, 'the task of esrgan is picture: use sluice restyle'],
    ['a command that is no task', ['batch', '--task', 'export'], 2, 'Allowed choices are classify, detect'],
  ])('%s is one clear error', async (_, args, code, said) => {
    const ended = await sluice([...args, squirrel], { env: { SLUICE_CACHE: scratch() } });
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(ended.stderr).toContain(said);
  });

  it('a label or a head that the model does not have is an error that lists what there is', async () => {
    const label = await sluice(['detect', ...own, '--only', 'bird', squirrel]);
    expect(label.stderr).toBe(
      'sluice: error: detect: only has "bird", which is not a label of the model. It has 2: cat, dog\n',
    );
    const head = await sluice(['detect', ...own, '--head', 'ssd', squirrel]);
    expect(head.stderr).toContain('needs boxes [1, N, 4] or [1, N, 1, 4] and scores [1, N, classes] for the head ssd');
    expect([label.code, head.code]).toEqual([2, 2]);
  });
});
