import { describe, expect, it, test } from 'vitest';
import { afterTurn, FIELD, newCatch, pictureOf, TURNS, type Catch } from '../../../examples/play/catch.ts';
import { fieldAsText } from '../../../examples/play/field-as-text.ts';
import { randomFrom } from '../../../examples/play/random.ts';

const [LEFT, STAY, RIGHT] = [0, 1, 2];

const game = (more: Partial<Catch> & { x?: number; y?: number; drift?: number } = {}): Catch => {
  const { x = 10, y = 0, drift = 0, ...rest } = more;
  return { ball: { x, y, drift }, paddle: 12, ...rest };
};

/** A game to its end, by what a player does. */
function played(start: Catch, choose: (game: Catch) => number): readonly Catch[] {
  const states = [start];
  for (let last = start; last.caught === undefined; states.push(last)) last = afterTurn(last, choose(last));
  return states;
}

/** What the rules say a player can do: go where the ball is. */
const follow = ({ ball, paddle }: Catch) => {
  const aside = ball.x + 1 - (paddle + 2.5);
  return Math.abs(aside) < 1.5 ? STAY : aside < 0 ? LEFT : RIGHT;
};

describe('Catch', () => {
  test('a game begins at the top, and its ball lands after all turns', () => {
    const random = randomFrom(3);
    for (let i = 0; i < 50; i++) {
      const start = newCatch(random);
      expect(start.ball.y).toBe(0);
      expect(start.caught).toBeUndefined();
      const states = played(start, () => Math.floor(3 * random()));
      expect(states).toHaveLength(TURNS + 1);
      for (const { ball, paddle } of states) {
        expect(ball.x).toBeGreaterThanOrEqual(0);
        expect(ball.x).toBeLessThanOrEqual(FIELD - 2);
        expect(paddle).toBeGreaterThanOrEqual(0);
        expect(paddle).toBeLessThanOrEqual(FIELD - 5);
        expect(Number.isInteger(paddle)).toBe(true);
      }
    }
  });

  test('the same seed gives the same games', () => {
    expect(newCatch(randomFrom(4))).toEqual(newCatch(randomFrom(4)));
    expect(newCatch(randomFrom(4))).not.toEqual(newCatch(randomFrom(5)));
  });

  test('the paddle moves two pixels, and not through a wall', () => {
    expect([LEFT, STAY, RIGHT].map((action) => afterTurn(game(), action).paddle)).toEqual([10, 12, 14]);
    expect(afterTurn(game({ paddle: 1 }), LEFT).paddle).toBe(0);
    expect(afterTurn(game({ paddle: 26 }), RIGHT).paddle).toBe(27);
  });

  test('the ball falls two pixels and drifts; walls throw it back', () => {
    expect(afterTurn(game({ drift: 0.5 }), STAY).ball).toEqual({ x: 10.5, y: 2, drift: 0.5 });
    expect(afterTurn(game({ x: 0.25, drift: -1 }), STAY).ball).toEqual({ x: 0.75, y: 2, drift: 1 });
    expect(afterTurn(game({ x: 29.75, drift: 1 }), STAY).ball).toEqual({ x: 29.25, y: 2, drift: -1 });
    expect(afterTurn(game({ x: 29, drift: 1 }), STAY).ball).toEqual({ x: 30, y: 2, drift: 1 });
  });

  test.each([
    [10, false],
    [11, true],
    [12, true],
    [15, true],
    [16, true],
    [17, false],
  ])('a ball that lands at %i is caught by a paddle from 12 to 16: %s', (x, caught) => {
    expect(afterTurn(game({ x, y: 28 }), STAY).caught).toBe(caught);
  });

  test('the last turn counts', () => {
    expect(afterTurn(game({ x: 18, y: 28 }), RIGHT).caught).toBe(true);
    expect(afterTurn(game({ x: 12, y: 28 }), RIGHT).caught).toBe(false);
  });

  it('stays as it is when it is over', () => {
    const over = afterTurn(game({ y: 28 }), STAY);
    expect(afterTurn(over, LEFT)).toBe(over);
  });

  it('can always be won, by following the ball; standing still wins few', () => {
    const random = randomFrom(1);
    const starts = Array.from({ length: 1000 }, () => newCatch(random));
    const won = (choose: (one: Catch) => number) =>
      starts.filter((start) => played(start, choose).at(-1)?.caught).length;
    expect(won(follow)).toBe(1000);
    expect(won(() => STAY)).toBeLessThan(300);
    expect(won(() => Math.floor(3 * random()))).toBeLessThan(300);
  });
});

describe('the picture', () => {
  test('has a white ball of 2×2 and a white paddle of 5×2 on black', () => {
    const { width, height, data } = pictureOf(game({ x: 3.4, y: 6 }));
    expect([width, height, data.length]).toEqual([32, 32, 3 * 32 * 32]);
    const white = Array.from({ length: 32 * 32 }, (_, i) => i).filter((i) => data[3 * i] === 255);
    const places = white.map((i) => [i % 32, Math.floor(i / 32)]);
    const paddle = [30, 31].flatMap((y) => [12, 13, 14, 15, 16].map((x) => [x, y]));
    expect(places).toEqual([[3, 6], [4, 6], [3, 7], [4, 7], ...paddle]);
    expect(data.every((value) => value === 0 || value === 255)).toBe(true);
  });

  test('as text has two pixels in a character', () => {
    const lines = fieldAsText(game({ x: 0, y: 2 })).split('\n');
    expect(lines).toHaveLength(17);
    expect(lines[1]).toBe(`│██${' '.repeat(30)}│`);
    expect(lines[15]).toBe(`│${' '.repeat(12)}█████${' '.repeat(15)}│`);
    expect(
      fieldAsText(game({ y: 3 }))
        .split('\n')
        .slice(1, 3)
        .map((line) => line.trim()[11]),
    ).toEqual(['▄', '▀']);
  });
});
