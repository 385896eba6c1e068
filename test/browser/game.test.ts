import { filter, firstValueFrom, lastValueFrom, take, takeWhile, tap, toArray } from 'rxjs';
import { frameSource, infer, useEngine } from 'sluice';
import { canvas, inWorker } from 'sluice/browser';
import { catchPlayer } from 'sluice/pipelines/catch';
import { beforeAll, describe, expect, it } from 'vitest';
import { afterTurn, FIELD, newCatch, pictureOf } from '../../examples/play/catch.ts';
import { drawField } from '../../examples/play/draw-field.ts';
import { practise } from '../../examples/play/practise.ts';
import type { Player } from '../../examples/play/player.ts';
import { randomFrom } from '../../examples/play/random.ts';
import { WASM_PATHS } from './support/wasm-paths.ts';

let player: Player;
beforeAll(async () => {
  await useEngine('wasm', { wasmPaths: WASM_PATHS });
  player = await catchPlayer();
});

/** A canvas whose pixels are squares of the field's. */
function field(scale: number) {
  const element = document.createElement('canvas');
  element.width = element.height = scale * FIELD;
  return { element, context: element.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D };
}

const random = randomFrom(7);
const games = Array.from({ length: 6 }, () => newCatch(random));

describe('a game on a canvas', () => {
  it.each([1, 8])('shows the player what it learned from, at a scale of %i', async (scale) => {
    const { element, context } = field(scale);
    drawField(context, games[0] as (typeof games)[number], scale);
    const drawn = await firstValueFrom(canvas(element, { resize: player.preprocess }).pipe(infer(player)));
    const arrivals = [{ data: pictureOf(games[0] as (typeof games)[number]), timestamp: 0 }];
    const [direct] = await lastValueFrom(frameSource(arrivals, { source: 'game' }).pipe(infer(player), toArray()));
    expect(drawn.actions.map(({ name }) => name)).toEqual(['left', 'stay', 'right']);
    drawn.actions.forEach(({ score }, i) => expect(score).toBeCloseTo(direct?.actions[i]?.score ?? NaN, 4));
  });

  it('is played by the player: an action for what is drawn, and the next picture', async () => {
    const { element, context } = field(4);
    const ends: (boolean | undefined)[] = [];
    for (const start of games) {
      let game = start;
      let drawnAt = 0;
      const draw = () => {
        drawField(context, game, 4);
        drawnAt = 1000 * performance.now();
      };
      draw();
      const turns = canvas(element, { resize: player.preprocess, maxInFlight: 1 }).pipe(
        infer(player),
        // A picture of the turn before may be on its way.
        filter(({ timestamp }) => timestamp > drawnAt),
        tap(({ action }) => {
          game = afterTurn(game, action.index);
          draw();
        }),
        takeWhile(() => game.caught === undefined),
      );
      await lastValueFrom(turns);
      ends.push(game.caught);
    }
    expect(ends).toEqual(games.map(() => true));
  });

  it('gets the same actions in a worker, best and drawn', async () => {
    const arrivals = games.map((game, timestamp) => ({ data: pictureOf(game), timestamp }));
    const source = () => frameSource(arrivals, { source: 'game' });
    const engine = { engine: 'wasm', wasmPaths: WASM_PATHS } as const;
    for (const options of [{}, { choose: 'sample', seed: 5 }] as const) {
      const here = await lastValueFrom(source().pipe(infer(player, options), toArray()));
      const there = await lastValueFrom(source().pipe(inWorker(player, { ...engine, ...options }), toArray()));
      expect(there.map(({ action }) => action.name)).toEqual(here.map(({ action }) => action.name));
      expect(there[0]?.action.score).toBeCloseTo(here[0]?.action.score ?? NaN, 5);
    }
  });

  it('is practised in a page', async () => {
    const beginner = await catchPlayer({ seed: 1 });
    const epochs = await lastValueFrom(practise(beginner, { epochs: 5, games: 8 }).pipe(take(2), toArray()));
    expect(epochs.map(({ epoch, games: played }) => [epoch, played])).toEqual([
      [1, 8],
      [2, 8],
    ]);
  });
});
