// The game Catch: a ball falls on a field of 32×32 pixels, and a paddle at the bottom must be under it when it lands.
import type { Pixels } from 'sluice';

/** The width and the height of the field, in pixels. */
export const FIELD = 32;
/** The ball is a square. */
const BALL = 2;
const PADDLE = 5;
/** How far the ball falls in a turn. */
const FALL = 2;
/** How far the paddle moves in a turn. */
const STEP = 2;
/** How far the ball moves aside in a turn, at most: less than the paddle. */
const DRIFT = 1;

/** How many turns a game has. */
export const TURNS = (FIELD - 2 * BALL) / FALL + 1;

/** A game after some of its turns. */
export interface Catch {
  /** The left upper corner of the ball; how far it moves aside in a turn. */
  readonly ball: { readonly x: number; readonly y: number; readonly drift: number };
  /** The left end of the paddle. */
  readonly paddle: number;
  /** Undefined until the ball has landed. */
  readonly caught?: boolean;
}

/** A new game: the ball is somewhere at the top, and the paddle somewhere at the bottom. */
export function newCatch(random: () => number): Catch {
  const x = random() * (FIELD - BALL);
  const drift = (2 * random() - 1) * DRIFT;
  return { ball: { x, y: 0, drift }, paddle: Math.floor(random() * (FIELD - PADDLE + 1)) };
}

/** The game one turn later: the paddle moves (0 left, 1 not at all, 2 right), and the ball falls. A game that is over stays as it is. */
export function afterTurn(game: Catch, action: number): Catch {
  if (game.caught !== undefined) return game;
  const paddle = Math.min(FIELD - PADDLE, Math.max(0, game.paddle + (action - 1) * STEP));
  const ball = fallen(game.ball);
  if (ball.y < FIELD - BALL) return { ball, paddle };
  const left = Math.round(ball.x);
  return { ball, paddle, caught: left + BALL > paddle && left < paddle + PADDLE };
}

/** The walls throw the ball back. */
function fallen({ x, y, drift }: Catch['ball']): Catch['ball'] {
  const next = x + drift;
  const inside = next < 0 ? -next : Math.min(next, 2 * (FIELD - BALL) - next);
  return { x: inside, y: y + FALL, drift: inside === next ? drift : -drift };
}

/** What is on the field, the ball and the paddle, as rectangles of pixels. */
export function piecesOf({ ball, paddle }: Catch) {
  return [
    { left: Math.round(ball.x), top: ball.y, width: BALL, height: BALL },
    { left: paddle, top: FIELD - BALL, width: PADDLE, height: BALL },
  ] as const;
}

/** The field as the player sees it: white on black. */
export function pictureOf(game: Catch): Pixels {
  const data = new Uint8Array(3 * FIELD * FIELD);
  for (const { left, top, width, height } of piecesOf(game)) {
    for (let y = top; y < top + height; y++) data.fill(255, 3 * (FIELD * y + left), 3 * (FIELD * y + left + width));
  }
  return { width: FIELD, height: FIELD, channels: 3, data };
}
