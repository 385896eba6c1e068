import { createCanvas } from '@napi-rs/canvas';
import { classification, detection, OptionError, overlay, segmentation } from 'sluice';
import { describe, expect, it } from 'vitest';
import { region } from '../support/regions.ts';

const result = {
  boxes: [{ x: 0, y: 0, width: 40, height: 30, score: 0.9, label: 'dog', index: 1 }],
  picture: { width: 80, height: 60 },
};
const drawn = (width: number, height: number) => {
  const context = createCanvas(width, height).getContext('2d');
  const isPainted = (x: number, y: number) => (context.getImageData(x, y, 1, 1).data[3] ?? 0) > 0;
  return { context, isPainted };
};

describe('overlay', () => {
  it('draws a result on a canvas of any size', () => {
    for (const scale of [1, 2, 5]) {
      const { context, isPainted } = drawn(80 * scale, 60 * scale);
      overlay(context, result, detection());
      // On the right edge of the box, and well outside of it.
      expect([isPainted(40 * scale - 1, 15 * scale), isPainted(60 * scale, 45 * scale)]).toEqual([true, false]);
    }
  });

  it('draws a mask on a canvas of another size and shape, also of one pixel', () => {
    const map = { width: 4, height: 2 };
    const left = region(
      0,
      'cat',
      [
        [0, 0],
        [1, 0],
        [0, 1],
        [1, 1],
      ],
      map,
    );
    const mask = { form: 'classes', regions: [left], unseen: 0, picture: map } as const;
    for (const [width, height] of [
      [200, 100],
      [90, 300],
      [400, 200],
    ] as const) {
      const { context, isPainted } = drawn(width, height);
      overlay(context, mask, segmentation());
      expect([isPainted(0, 0), isPainted(width / 2 - 1, 0), isPainted(width / 2, 0)]).toEqual([true, true, false]);
    }
    const { context } = drawn(1, 1);
    expect(() => overlay(context, mask, segmentation())).not.toThrow();
  });

  it('clears the canvas before, unless it has a picture', () => {
    const { context, isPainted } = drawn(80, 60);
    context.fillRect(70, 50, 5, 5);
    overlay(context, result, detection(), { clear: false });
    expect(isPainted(72, 52)).toBe(true);
    overlay(context, result, detection());
    expect([isPainted(72, 52), isPainted(39, 15)]).toEqual([false, true]);
  });

  it('places what covers a part of the picture, and leaves the context as it was', () => {
    const { context, isPainted } = drawn(400, 300);
    const classes = [{ index: 0, label: 'dog', score: 0.9 }];
    const at = classification().overlay({ classes }, { width: 400, height: 300 });
    overlay(context, { classes }, classification());
    const { x = 0, y = 0, width = 0, height = 0 } = at ?? {};
    expect([isPainted(x + 2, y + 2), isPainted(x + width + 5, y + height + 5)]).toEqual([true, false]);
    context.fillStyle = 'red';
    context.fillRect(390, 290, 5, 5);
    expect(isPainted(392, 292)).toBe(true);
  });

  it('leaves the context as it was where drawing fails', () => {
    const { context } = drawn(10, 10);
    const broken = {
      overlay: () => ({
        x: 5,
        y: 5,
        width: 1,
        height: 1,
        paint: () => {
          throw new Error('no');
        },
      }),
    };
    expect(() => overlay(context, {}, broken)).toThrow('no');
    expect(context.getTransform().e).toBe(0);
  });

  it('a result of which nothing is drawn, or a canvas of no size, is no error', () => {
    const { context, isPainted } = drawn(10, 10);
    overlay(context, { boxes: [], picture: { width: 5, height: 5 } }, detection());
    expect(isPainted(5, 5)).toBe(false);
    const empty = { ...context, canvas: { width: 0, height: 0 }, clearRect: () => undefined };
    expect(() => overlay(empty as never, result, detection())).not.toThrow();
  });

  it.each<[string, () => unknown, string]>([
    ['a canvas', () => overlay({ width: 5 } as never, result, detection()), 'takes the 2D context of a canvas'],
    ['null', () => overlay(null as never, result, detection()), 'takes the 2D context of a canvas, not null'],
    ['no task', () => overlay(drawn(2, 2).context, result, undefined as never), 'takes the task of the result'],
    [
      'an unknown option',
      () => overlay(drawn(2, 2).context, result, detection(), { clean: true } as never),
      'no option "clean"',
    ],
  ])('%s is refused', (_, call, said) => {
    expect(call).toThrow(OptionError);
    expect(call).toThrow(said);
  });
});
