import { FIELD, piecesOf, type Catch } from './catch.ts';

/** What a `<canvas>` draws with, as far as a field needs it. */
export interface FieldContext {
  fillStyle: unknown;
  fillRect(x: number, y: number, width: number, height: number): void;
}

/** Draws the field of a game on a canvas, in the player's colours. A pixel of the field becomes a square of `scale` pixels. */
export function drawField(context: FieldContext, game: Catch, scale: number): void {
  context.fillStyle = 'black';
  context.fillRect(0, 0, scale * FIELD, scale * FIELD);
  context.fillStyle = 'white';
  for (const { left, top, width, height } of piecesOf(game)) {
    context.fillRect(scale * left, scale * top, scale * width, scale * height);
  }
}
