import { defer, filter, map, type Observable } from 'rxjs';
import { canvas, inWorker } from 'sluice/browser';
import { afterTurn, FIELD, newCatch, type Catch } from '../../../examples/play/catch.ts';
import { drawField } from '../../../examples/play/draw-field.ts';
import type { Player } from '../../../examples/play/player.ts';
import { wasmPaths } from '../run/wasm-paths.ts';

/** The width and height of a pixel of the field on the canvas. */
const SCALE = 8;
/** Turns in a second. */
const PACE = 15;
/** For how many turns the end of a game stays on the field. */
const REST = 5;

/** The width and the height of the canvas. */
export const SIDE = SCALE * FIELD;

/** Draws a game on the canvas. */
export function show(canvasElement: HTMLCanvasElement, game: Catch): void {
  const context = canvasElement.getContext('2d', { willReadFrequently: true });
  if (context) drawField(context, game, SCALE);
}

/**
 * Plays one game after the other on a canvas, and emits whether each ball was caught. What is on the canvas goes through the network, in a
 * worker; its action changes the game, which is drawn. The network gets nothing but the picture.
 */
export function played(element: HTMLCanvasElement, player: Player): Observable<boolean> {
  return defer(() => {
    let game: Catch;
    let drawnAt: number;
    let rest: number;
    const draw = (next: Catch) => {
      game = next;
      rest = game.caught === undefined ? 0 : REST;
      show(element, game);
      drawnAt = 1000 * performance.now();
    };
    const begin = () => draw(newCatch(Math.random));
    begin();
    return canvas(element, { resize: player.preprocess, maxInFlight: 1, frameRate: PACE }).pipe(
      inWorker(player, { engine: 'wasm', wasmPaths }),
      // A picture of the turn before may be on its way.
      filter(({ timestamp }) => timestamp > drawnAt),
      map(({ action }) => {
        if (game.caught === undefined) {
          draw(afterTurn(game, action.index));
          return game.caught;
        }
        rest -= 1;
        if (rest === 0) begin();
        return undefined;
      }),
      filter((caught) => caught !== undefined),
    );
  });
}
