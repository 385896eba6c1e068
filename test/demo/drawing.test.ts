import { describe, expect, it } from 'vitest';
import { Drawing, type Stroke } from '../../demo/src/board/drawing.ts';
import { pathOf } from '../../demo/src/board/path-of.ts';

const [a, b, c] = [
  { x: 10, y: 20 },
  { x: 30, y: 40 },
  { x: 50, y: 60 },
] as const;

/** A drawing, and all that its watcher was given. */
function watched(): { drawing: Drawing; seen: (readonly Stroke[])[] } {
  const [drawing, seen]: [Drawing, (readonly Stroke[])[]] = [new Drawing(), []];
  drawing.strokes.subscribe((strokes) => seen.push(strokes));
  return { drawing, seen };
}

describe('a drawing', () => {
  it('gives all strokes at first, and after each change', () => {
    const { drawing, seen } = watched();
    const lengthen = drawing.begin(a);
    lengthen([b, c]);
    drawing.begin(c);
    expect(seen).toEqual([[], [[a]], [[a, b, c]], [[a, b, c], [c]]]);
    expect(drawing.now).toBe(seen.at(-1));
  });

  it('takes strokes back, the last one first', () => {
    const { drawing } = watched();
    drawing.begin(a);
    drawing.begin(b);
    drawing.undo();
    expect(drawing.now).toEqual([[a]]);
    drawing.undo();
    expect(drawing.now).toEqual([]);
  });

  it('does not lengthen a stroke that is gone, or that another one follows', () => {
    const { drawing } = watched();
    drawing.begin(a);
    const undone = drawing.begin(b);
    drawing.undo();
    undone([c]);
    expect(drawing.now).toEqual([[a]]);
    const followed = drawing.begin(b);
    drawing.begin(c);
    followed([a]);
    drawing.clear();
    followed([a]);
    expect(drawing.now).toEqual([]);
  });

  it('keeps what small steps add up to', () => {
    const { drawing } = watched();
    const lengthen = drawing.begin({ x: 0, y: 0 });
    lengthen(Array.from({ length: 20 }, (_, i) => ({ x: 0.2 * (i + 1), y: 0 })));
    const [stroke = []] = drawing.now;
    expect(stroke.at(-1)?.x).toBeGreaterThan(3.5);
    expect(stroke.length).toBeLessThan(9);
  });

  it('tells nothing of what changes nothing', () => {
    const { drawing, seen } = watched();
    drawing.undo();
    drawing.clear();
    const lengthen = drawing.begin(a);
    lengthen([]);
    lengthen([a, { x: a.x + 0.1, y: a.y }]);
    expect(seen).toEqual([[], [[a]]]);
  });
});

describe('a path', () => {
  it.each<[readonly Stroke[], string]>([
    [[], ''],
    [[[a]], 'M10.0 20.0h.1'],
    [[[a, b]], 'M10.0 20.0L30.0 40.0'],
    [[[a, b], [{ x: -0.04, y: 279.96 }]], 'M10.0 20.0L30.0 40.0M-0.0 280.0h.1'],
  ])('%#: of strokes', (strokes, path) => expect(pathOf(strokes)).toBe(path));
});
