import { createCanvas } from '@napi-rs/canvas';
import type { Page } from 'playwright';
import { button, open } from './page.ts';

/** Opens the page and the card to teach a model, when its worker may start. */
export async function openCard(options: Parameters<typeof open>[0] = {}): Promise<Page> {
  const page = await open(options);
  await button(page, 'Teach it your classes').click();
  await card(page).waitFor();
  return page;
}

export const card = (page: Page) => page.getByRole('region', { name: 'Teach it your classes' });
/** The row of a class. */
export const row = (page: Page, name: string) => card(page).getByRole('listitem', { name, exact: true });
export const hold = (page: Page, name: string) => button(page, `Hold to collect: ${name}`);
export const input = (page: Page, number: number) => page.getByLabel(`Name of class ${number}`);
export const counted = (page: Page, name: string, count: number) =>
  row(page, name)
    .locator('.count', { hasText: new RegExp(`^${count} examples?$`) })
    .waitFor({ timeout: 110_000 });

export interface Upload {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** A picture of a red disc, or of blue stripes, each number a bit different. */
export function picture(what: 'disc' | 'stripes', number: number): Upload {
  const canvas = createCanvas(160, 120);
  const context = canvas.getContext('2d');
  const shade = 190 + ((number * 17) % 60);
  context.fillStyle = `rgb(${shade} ${shade} ${shade})`;
  context.fillRect(0, 0, 160, 120);
  if (what === 'disc') {
    context.fillStyle = `rgb(${170 + ((number * 29) % 80)} 30 20)`;
    context.beginPath();
    context.arc(60 + ((number * 13) % 40), 50 + ((number * 7) % 20), 26 + (number % 5) * 4, 0, 7);
    context.fill();
  } else {
    context.fillStyle = `rgb(20 40 ${150 + ((number * 29) % 90)})`;
    for (let x = (number * 5) % 16; x < 160; x += 16 + (number % 4) * 3) context.fillRect(x, 0, 7 + (number % 3), 120);
  }
  return { name: `${what}-${number}.png`, mimeType: 'image/png', buffer: canvas.toBuffer('image/png') };
}

export const pictures = (what: 'disc' | 'stripes', count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => picture(what, from + i));

/** Adds files to a class. */
export const add = (page: Page, name: string, files: readonly Upload[]) =>
  page.getByLabel(`Add pictures or clips: ${name}`).setInputFiles([...files]);

/** Teaches two classes, disc and stripes, with so many pictures of each. */
export async function teach(page: Page, count: number): Promise<void> {
  await input(page, 1).fill('disc');
  await input(page, 2).fill('stripes');
  await add(page, 'disc', pictures('disc', count));
  await counted(page, 'disc', count);
  await add(page, 'stripes', pictures('stripes', count));
  await counted(page, 'stripes', count);
  await button(page, 'Train').click();
  await result(page).waitFor({ timeout: 110_000 });
}

export const result = (page: Page) => card(page).getByText(/^Right on /);

/** Waits until the page uses the model of this name. */
export const theModel = (page: Page, name: string) =>
  page.getByLabel('Model').locator('option', { hasText: name }).waitFor({ state: 'attached', timeout: 110_000 });
