import { expect, it } from 'vitest';
import { Lesson, MOST } from '../../demo/src/teach/lesson.ts';
import { nameOf } from '../../demo/src/teach/name-of.ts';
import { trainingSet } from '../../demo/src/teach/training-set.ts';

const example = (value: number) => ({ vector: Float32Array.of(value, value), thumbnail: new Uint8ClampedArray() });

/** A lesson with so many examples of each class, whose vectors are numbered. */
function lessonOf(...counts: readonly number[]): Lesson {
  const lesson = new Lesson();
  while (lesson.now.length < counts.length) lesson.addClass();
  let n = 0;
  counts.forEach((count, i) => {
    for (let k = 0; k < count; k++) lesson.add(lesson.now[i]!.id, example(n++));
  });
  return lesson;
}
const names = ({ now }: Lesson) => now.map(({ name }) => name);
const counts = ({ now }: Lesson) => now.map(({ examples }) => examples.length);

it('has two classes at first, and names that no two classes share', () => {
  const lesson = new Lesson();
  const [one, two] = lesson.now.map(({ id }) => id) as [number, number];
  lesson.rename(two, '  Class 3 ');
  lesson.addClass();
  expect(names(lesson)).toEqual(['Class 1', 'Class 3', 'Class 4']);
  expect(lesson.refusal(one, 'Class 3')).toMatch('Another class is “Class 3”');
  expect(lesson.refusal(one, ' ')).toBe('Give the class a name.');
  expect(lesson.refusal(one, 'Class 1')).toBeUndefined();
  lesson.rename(one, 'Class 3');
  lesson.rename(one, ' ');
  expect(names(lesson)[0]).toBe('Class 1');
});

it('keeps at least two classes', () => {
  const lesson = new Lesson();
  lesson.removeClass(lesson.now[0]!.id);
  expect(lesson.now.length).toBe(2);
  const third = lesson.addClass();
  lesson.removeClass(third);
  expect(lesson.has(third)).toBe(false);
});

it('brings back what was removed last, until something else changes', () => {
  const lesson = lessonOf(3, 2, 1);
  const [first, , third] = lesson.now.map(({ id }) => id) as [number, number, number];
  expect(lesson.canUndo).toBe(false);
  lesson.removeLast(first);
  lesson.removeAll(first);
  lesson.removeClass(third);
  expect(counts(lesson)).toEqual([0, 2]);
  lesson.undo();
  expect(counts(lesson)).toEqual([0, 2, 1]);
  expect(lesson.canUndo).toBe(false);
  lesson.undo();
  expect(counts(lesson)).toEqual([0, 2, 1]);
  lesson.removeAll(third);
  lesson.add(first, example(0));
  expect(lesson.canUndo).toBe(false);
});

it('is not changed by a name that is the same', () => {
  const lesson = lessonOf(2, 2, 2);
  lesson.removeClass(lesson.now[2]!.id);
  const { now } = lesson;
  lesson.rename(now[0]!.id, ' Class 1 ');
  expect(lesson.now).toBe(now);
  expect(lesson.canUndo).toBe(true);
});

it('has room for a thousand examples, and for none of a class that was removed', () => {
  const lesson = lessonOf(MOST - 1, 0, 0);
  const [, second, third] = lesson.now.map(({ id }) => id) as [number, number, number];
  lesson.removeClass(third);
  expect(lesson.add(third, example(0))).toBe(false);
  expect(lesson.add(second, example(0))).toBe(true);
  expect([lesson.room, lesson.add(second, example(0)), lesson.count]).toEqual([0, false, MOST]);
});

it('teaches the classes that have examples, and holds every fifth one out where each has five', () => {
  const lesson = lessonOf(5, 0, 6);
  const { labels, targets, heldOut, vectors } = trainingSet(lesson.now);
  expect(labels).toEqual(['Class 1', 'Class 3']);
  expect(targets).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
  expect(heldOut).toEqual([4, 9]);
  expect([...vectors].filter((_, i) => i % 2 === 0)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(trainingSet(lessonOf(5, 4).now).heldOut).toEqual([]);
});

it('names a model after its classes, and cuts a long name', () => {
  expect(nameOf(['cat', 'dog'])).toBe('taught: cat, dog');
  expect(nameOf(['a'.repeat(30), 'b'.repeat(30)])).toBe(`taught: ${'a'.repeat(30)}, ${'b'.repeat(7)}…`);
});
