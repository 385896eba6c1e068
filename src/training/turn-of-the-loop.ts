import { soon } from '../frames/settle.ts';

/** How long (ms) steps may follow each other before the event loop turns: shorter than the time of a picture on a screen. */
const LONGEST = 12;

let last = 0;

/** Lets the event loop turn, if it has not for a while, so that a page can draw, and a source can read. */
export async function turnOfTheLoop(): Promise<void> {
  if (performance.now() - last < LONGEST) return;
  await new Promise<void>(soon);
  last = performance.now();
}
