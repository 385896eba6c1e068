import type { Page } from 'playwright';
import { expect } from 'vitest';
import { button, open } from './page.ts';

/** Corners of a line on the board, from 0 to 1 to the right and down. */
export type Line = readonly (readonly [x: number, y: number])[];

/** An ellipse, or a part of one, as a line. Angles are in quarters of a turn, clockwise from the top. */
export function arc(x: number, y: number, [rx, ry]: readonly [number, number], from: number, to: number): Line {
  return Array.from({ length: 25 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / 24) * Math.PI) / 2;
    return [x + rx * Math.sin(angle), y - ry * Math.cos(angle)];
  });
}

/** How people write some of the digits. */
export const DRAWN: Readonly<Record<string, readonly Line[]>> = {
  '0': [arc(0.5, 0.5, [0.22, 0.32], 0, 4)],
  '1': [
    [
      [0.52, 0.16],
      [0.48, 0.84],
    ],
  ],
  '3': [[...arc(0.48, 0.33, [0.2, 0.16], -1, 2), ...arc(0.48, 0.66, [0.23, 0.18], 0, 3)]],
  '4': [
    [
      [0.4, 0.16],
      [0.28, 0.55],
      [0.72, 0.55],
    ],
    [
      [0.64, 0.2],
      [0.58, 0.86],
    ],
  ],
  '7': [
    [
      [0.28, 0.2],
      [0.72, 0.2],
      [0.42, 0.84],
    ],
  ],
};

/** Opens the page, and the board when it is ready to read. */
export async function openBoard(options: Parameters<typeof open>[0] = {}): Promise<Page> {
  const page = await open(options);
  await button(page, 'Draw a digit').click();
  await waits(page);
  return page;
}

export const board = (page: Page) => page.getByRole('application', { name: 'Drawing board for a digit' });
export const hint = (page: Page) => page.getByText('Draw a digit from 0 to 9');
export const waits = (page: Page) => page.getByRole('status').filter({ hasText: 'Waiting for a digit' }).waitFor();
/** How many strokes are on the board. */
export const strokes = async (page: Page) =>
  ((await board(page).locator('.ink').getAttribute('d')) ?? '').split('M').length - 1;
/** What the board's label says. */
export const read = async (page: Page) => (await page.locator('.board .label').textContent()) ?? '';
export const reads = (page: Page, what: string) => expect.poll(() => read(page), { timeout: 110_000 }).toBe(what);
/** Waits until something is read. */
export const readsAny = (page: Page) => expect.poll(() => read(page), { timeout: 110_000 }).not.toBe('');

/** Where points of the board are in the window. */
export async function inWindow(page: Page, line: Line): Promise<[x: number, y: number][]> {
  await board(page).scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await board(page).boundingBox())!;
  return line.map(([across, down]) => [x + across * width, y + down * height]);
}

/** Presses the button of the mouse at the first point, and moves it along the line. */
export async function drag(page: Page, line: Line): Promise<void> {
  const [first, ...others] = await inWindow(page, line);
  await page.mouse.move(...first!);
  await page.mouse.down();
  for (const point of others) await page.mouse.move(...point, { steps: line.length > 9 ? 1 : 4 });
}

/** Draws lines with the mouse. */
export async function draw(page: Page, ...lines: readonly Line[]): Promise<void> {
  for (const line of lines) {
    await drag(page, line);
    await page.mouse.up();
  }
}
