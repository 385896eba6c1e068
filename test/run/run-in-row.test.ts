import { describe, expect, test } from 'vitest';
import { runInRow } from '../../src/run/run-in-row.ts';

/** A value that notes when it is freed. */
const value = (name: string, freed: string[]) => ({ name, dispose: () => void freed.push(name) });

describe('steps in a row', () => {
  test('what lies in between is freed at once, the input and the output are not', () => {
    const freed: string[] = [];
    const events: string[] = [];
    const result = runInRow(
      value('0', freed),
      3,
      (step, given) => {
        events.push(`run ${step} on ${(given as { name: string }).name}, freed: ${freed.join()}`);
        return value(String(step + 1), freed);
      },
      () => events.push(`after, freed: ${freed.join()}`),
    );
    expect(result).toMatchObject({ name: '3' });
    expect(freed).toEqual(['1', '2']);
    expect(events).toEqual([
      'run 0 on 0, freed: ',
      'after, freed: ',
      'run 1 on 1, freed: ',
      'after, freed: 1',
      'run 2 on 2, freed: 1',
      'after, freed: 1,2',
    ]);
  });

  test('no steps give the input', () => {
    const input = {};
    expect(runInRow(input, 0, () => undefined)).toBe(input);
  });

  test('a step that gives back its input does not free it', () => {
    const freed: string[] = [];
    const kept = value('kept', freed);
    expect(runInRow(value('0', freed), 2, () => kept)).toBe(kept);
    expect(freed).toEqual([]);
  });

  test.each([
    [0, []],
    [1, ['1']],
    [2, ['1', '2']],
  ])('when step %i throws, nothing is left over and the input stays', (failing, wanted) => {
    const freed: string[] = [];
    const run = (step: number) => {
      if (step === failing) throw new Error('no');
      return value(String(step + 1), freed);
    };
    expect(() => runInRow(value('0', freed), 3, run)).toThrow('no');
    expect(freed).toEqual(wanted);
  });
});
