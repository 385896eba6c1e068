import { classification, cocoWriter, detection, motWriter, OptionError, yoloWriter, type DetectedBox } from 'sluice';
import { resultFormat } from 'sluice/node';
import { describe, expect, it, test } from 'vitest';

const box = (x: number, index: number, more: Partial<DetectedBox> = {}): DetectedBox => ({
  ...{ x, y: 2.345_67, width: 30, height: 40, score: 0.123_456_78, label: `kind ${index}`, index },
  ...more,
});
const result = (source: string, seq: number, ...boxes: DetectedBox[]) => ({
  ...{ source, seq, timestamp: seq * 40_000, boxes, picture: { width: 100, height: 80 } },
});

describe('cocoWriter', () => {
  it('writes images, annotations and the categories that there are', () => {
    const file = cocoWriter().open();
    const text =
      file.write(result('a.mp4', 0, box(1, 17), box(5, 0, { trackId: 3 }))) +
      file.write(result('a.mp4', 1)) +
      file.write(result('b "quoted".jpg', 0, box(7, 17))) +
      file.end();
    expect(JSON.parse(text)).toEqual({
      annotations: [
        { id: 1, image_id: 1, category_id: 18, bbox: [1, 2.35, 30, 40], area: 1200, iscrowd: 0, score: 0.123457 },
        {
          id: 2,
          image_id: 1,
          category_id: 1,
          bbox: [5, 2.35, 30, 40],
          area: 1200,
          iscrowd: 0,
          score: 0.123457,
          track_id: 3,
        },
        { id: 3, image_id: 3, category_id: 18, bbox: [7, 2.35, 30, 40], area: 1200, iscrowd: 0, score: 0.123457 },
      ],
      images: [
        { id: 1, file_name: 'a.mp4', width: 100, height: 80, frame: 0, timestamp: 0 },
        { id: 2, file_name: 'a.mp4', width: 100, height: 80, frame: 1, timestamp: 40_000 },
        { id: 3, file_name: 'b "quoted".jpg', width: 100, height: 80, frame: 0, timestamp: 0 },
      ],
      categories: [
        { id: 1, name: 'kind 0' },
        { id: 18, name: 'kind 17' },
      ],
    });
  });

  it('writes regions as run lengths, with the rectangle around them', () => {
    // Down the columns of a picture of 4×3 pixels: 4 outside, 2 inside, 1 outside, 2 inside, 3 outside. From the fourth on, the text has
    // differences from the number two before: 4, 2, 1, 0, 2.
    const rle = { size: [3, 4], counts: '42102' } as const;
    const region = { index: 7, label: 'cat', area: 4, share: 1 / 3, rle };
    const picture = { width: 4, height: 3 };
    const frame = {
      source: 'a.jpg',
      seq: 0,
      timestamp: 0,
      form: 'classes' as const,
      regions: [region],
      unseen: 0,
      picture,
    };
    const file = cocoWriter().open();
    const { annotations } = JSON.parse(file.write(frame) + file.end()) as { annotations: object[] };
    expect(annotations).toMatchObject([
      { id: 1, image_id: 1, category_id: 8, bbox: [1, 1, 2, 2], area: 4, iscrowd: 1, segmentation: rle },
    ]);
    const place = { ...picture, left: 0, top: 0, scaleX: 2, scaleY: 2 };
    expect(() =>
      cocoWriter()
        .open()
        .write({ ...frame, place }),
    ).toThrow('are not as large as its picture: give size');
    const damaged = { ...region, rle: { ...rle, counts: '\u0000' } };
    expect(() =>
      cocoWriter()
        .open()
        .write({ ...frame, regions: [damaged] }),
    ).toThrow('a mask is damaged');
  });

  it.each([[0], [1], [2]])('a file of %i frames without boxes is whole', (count) => {
    const file = cocoWriter().open();
    const frames = Array.from({ length: count }, (_, seq) => file.write(result('a.mp4', seq)));
    const read = JSON.parse(frames.join('') + file.end()) as { images: unknown[]; annotations: unknown[] };
    expect([read.images.length, read.annotations]).toEqual([count, []]);
  });

  it('two files of one writer know nothing of each other', () => {
    const writer = cocoWriter();
    const [one, other] = [writer.open(), writer.open()];
    one.write(result('a.mp4', 0, box(1, 1)));
    expect((JSON.parse(other.write(result('b.mp4', 0)) + other.end()) as { categories: unknown[] }).categories).toEqual(
      [],
    );
  });
});

describe('motWriter', () => {
  it('has a line for each box, with frames from 1 and the track', () => {
    const file = motWriter().open();
    const text =
      file.write(result('a.mp4', 10, box(1, 0, { trackId: 7 }), box(2, 0))) +
      file.write(result('a.mp4', 11)) +
      file.write(result('a.mp4', 12, box(3, 0, { trackId: 7 }))) +
      file.end();
    expect(text).toBe(
      '1,7,1,2.35,30,40,0.123457,-1,-1,-1\n1,-1,2,2.35,30,40,0.123457,-1,-1,-1\n3,7,3,2.35,30,40,0.123457,-1,-1,-1\n',
    );
  });

  it('holds one video', () => {
    const file = motWriter().open();
    file.write(result('a.mp4', 0));
    expect(() => file.write(result('b.mp4', 0))).toThrow('a file holds one video, but got results of a.mp4 and b.mp4');
  });
});

describe('yoloWriter', () => {
  it('has a line for each box, in shares of the picture', () => {
    const whole = { x: 0, y: 0, width: 100, height: 80, score: 1, label: 'a', index: 2 };
    const half = { x: 50, y: 20, width: 25, height: 40, score: 0.5, label: 'b', index: 0 };
    expect(
      yoloWriter()
        .open()
        .write(result('a.jpg', 0, whole, half)),
    ).toBe('2 0.5 0.5 1 1 1\n0 0.625 0.5 0.25 0.5 0.5\n');
    expect(
      yoloWriter({ scores: false })
        .open()
        .write(result('a.jpg', 0, whole)),
    ).toBe('2 0.5 0.5 1 1\n');
    expect(yoloWriter().open().write(result('a.jpg', 0))).toBe('');
  });

  it('holds one picture', () => {
    const file = yoloWriter().open();
    file.write(result('a.mp4', 0));
    expect(() => file.write(result('a.mp4', 1))).toThrow('a file holds one picture, but a.mp4 has more frames');
    expect(() => yoloWriter({ score: true } as never)).toThrow(
      'yoloWriter has no option "score": did you mean scores?',
    );
  });
});

test.each([cocoWriter, motWriter, yoloWriter])('%o takes boxes only', (writer) => {
  const classes = { source: 'a.jpg', seq: 0, timestamp: 0, classes: [] };
  expect(() =>
    writer()
      .open()
      .write(classes as never),
  ).toThrow(OptionError);
  expect(() =>
    writer()
      .open()
      .write(classes as never),
  ).toThrow(/writes boxes( or regions)?, but a result of "a.jpg" has none/);
});

test.each(['coco', 'mot', 'yolo'] as const)('the format %s needs boxes of single frames', async (format) => {
  await expect(resultFormat(format, { task: classification() })).rejects.toThrow(/holds boxes.*but the task is class/);
  await expect(resultFormat(format, { task: detection(), aggregated: true })).rejects.toThrow('use --per frame');
  await expect(resultFormat(format, { task: detection(), timings: true })).rejects.toThrow('timings need the format');
  expect(await resultFormat(format, { task: detection() })).toHaveProperty('open');
});
