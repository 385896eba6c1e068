import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readModel } from 'sluice';
import type { Page } from 'playwright';
import { describe, expect, it } from 'vitest';
import { main } from '../support/built.ts';
import { asked, button, demoPage, label, labelled, problem } from './page.ts';
import {
  add,
  card,
  counted,
  hold,
  input,
  openCard,
  picture,
  pictures,
  result,
  row,
  teach,
  theModel,
  type Upload,
} from './teaching.ts';
import { violations } from './violations.ts';

demoPage();

const show = (page: Page, file: Upload) => page.locator('.source-bar input[type=file]').setInputFiles(file);
const shows = (page: Page, text: string) => label(page).filter({ hasText: text }).waitFor({ timeout: 110_000 });
const note = (page: Page) => card(page).getByRole('note');
/** How many examples a class has. */
const examples = async (page: Page, name: string) =>
  Number.parseInt((await row(page, name).locator('.count').textContent()) ?? '', 10);
const atLeast = (page: Page, name: string, count: number) =>
  expect.poll(() => examples(page, name), { timeout: 110_000 }).toBeGreaterThanOrEqual(count);
/** Lets the page work for a moment. */
const pause = (page: Page) => page.evaluate(() => new Promise((done) => setTimeout(done, 700)));

describe('two classes taught with pictures', () => {
  it('are told apart in other pictures at once, here and in Node', async () => {
    const page = await openCard();
    expect(await button(page, 'Train').isDisabled()).toBe(true);
    await teach(page, 6);
    expect(await result(page).textContent()).toMatch(/^Right on 2 of 2 held-out examples/);
    await card(page)
      .getByRole('img', { name: /^Loss after 50 rounds: 0\.\d+$/ })
      .waitFor();
    await card(page).locator('.chart canvas').waitFor();
    await page.getByText('The training has ended. Right on 2 of 2').waitFor({ state: 'attached' });
    await theModel(page, 'taught: disc, stripes');
    for (const what of ['disc', 'stripes', 'disc'] as const) {
      await show(page, picture(what, 40));
      await shows(page, what);
    }
    expect(await problem(page).count()).toBe(0);

    const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Download the model').click()]);
    expect(download.suggestedFilename()).toBe('model.safetensors');
    const model = path.join(tmpdir(), 'model.safetensors');
    await download.saveAs(model);
    expect(readModel(readFileSync(model), 'model.safetensors').labels).toEqual(['disc', 'stripes']);
    const files = [picture('stripes', 50), picture('disc', 50)].map(({ name, buffer }) => {
      writeFileSync(path.join(tmpdir(), name), buffer);
      return path.join(tmpdir(), name);
    });
    const run = spawnSync(process.execPath, [main, 'classify', '--model', model, '--top', '1', ...files], {
      encoding: 'utf8',
    });
    const lines = run.stdout.trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { classes: { label: string }[] }).classes[0]?.label)).toEqual([
      'stripes',
      'disc',
    ]);

    // The page takes the file, too.
    await page.getByLabel('Model').selectOption('lenet5');
    await page.locator('.source-bar input[type=file]').setInputFiles(model);
    await theModel(page, 'taught: disc, stripes');
    await shows(page, 'disc');
  });

  it('can be trained again after a change, with what was collected before', async () => {
    const page = await openCard();
    await teach(page, 2);
    expect(await result(page).textContent()).toMatch(/^Right on 4 of the 4 examples that it learned from\.\s*$/);
    await button(page, 'Add a class').click();
    await card(page).getByText('The classes have changed since').waitFor();
    await card(page).getByText('Left out, because there are no examples: Class 3.').waitFor();
    expect(await input(page, 3).evaluate((element) => element === document.activeElement)).toBe(true);
    await input(page, 2).fill('lines');
    await button(page, 'Train').click();
    await theModel(page, 'taught: disc, lines');
  });
});

describe('what the page shows is collected', () => {
  it('while the button is held with a pointer, a finger, Space or Enter, and once by a click of other means', async () => {
    const page = await openCard({ context: { permissions: ['camera'], hasTouch: true } });
    await button(page, 'Camera').click();
    await labelled(page, 1);
    await input(page, 1).fill('bird');
    await hold(page, 'bird').hover();
    await page.mouse.down();
    await atLeast(page, 'bird', 2);
    expect(await hold(page, 'bird').getAttribute('aria-pressed')).toBe('true');
    // Outside of the button it is still held.
    await page.mouse.move(5, 5);
    await atLeast(page, 'bird', (await examples(page, 'bird')) + 2);
    await page.mouse.up();
    expect(await hold(page, 'bird').getAttribute('aria-pressed')).toBe('false');
    await page.getByText(/^bird: \d+ examples$/).waitFor({ state: 'attached' });
    const finger = await page.context().newCDPSession(page);
    const { x = 0, y = 0 } = (await hold(page, 'bird').boundingBox()) ?? {};
    const touched = await examples(page, 'bird');
    await finger.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: x + 9, y: y + 9 }] });
    await atLeast(page, 'bird', touched + 2);
    // A finger that trembles neither scrolls the page nor ends it.
    await finger.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [{ x: x + 9, y: y + 60 }] });
    await atLeast(page, 'bird', touched + 4);
    await finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await expect.poll(() => hold(page, 'bird').getAttribute('aria-pressed')).toBe('false');
    for (const key of ['Space', 'Enter']) {
      const before = await examples(page, 'bird');
      await hold(page, 'bird').press('Tab');
      await hold(page, 'bird').focus();
      await page.keyboard.down(key);
      await atLeast(page, 'bird', before + 2);
      await page.keyboard.up(key);
    }
    await expect.poll(() => hold(page, 'bird').getAttribute('aria-pressed')).toBe('false');
    await pause(page);
    const after = await examples(page, 'bird');
    await hold(page, 'bird').evaluate((element: HTMLElement) => element.click());
    await counted(page, 'bird', after + 1);
    await pause(page);
    expect(await examples(page, 'bird')).toBe(after + 1);
    expect(await row(page, 'bird').locator('.thumbnails canvas').count()).toBe(6);
    await input(page, 2).fill('stripes');
    await add(page, 'stripes', pictures('stripes', 6));
    await counted(page, 'stripes', 6);
    await button(page, 'Train').click();
    await shows(page, 'bird');
    expect(await problem(page).count()).toBe(0);
  });

  it('between two presses, for people who can’t hold a button, until the source changes, stops, or the tab is hidden', async () => {
    const page = await openCard();
    await button(page, 'Sample clip').click();
    await labelled(page, 1);
    await page.getByLabel('press once instead of holding').check();
    const collect = button(page, 'Collect: Class 1');
    const stop = button(page, 'Stop collecting: Class 1');
    const ends: readonly (() => Promise<unknown>)[] = [
      () => stop.click(),
      () => show(page, picture('disc', 1)),
      () => button(page, /^Stop$/).click(),
      () => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange'))),
    ];
    for (const end of ends) {
      if (!(await button(page, /^Stop$/).count())) await button(page, /^Start$/).click();
      await labelled(page, 1);
      const before = await examples(page, 'Class 1');
      await collect.focus();
      await page.keyboard.press('Enter');
      await stop.waitFor();
      await atLeast(page, 'Class 1', before + 1);
      await end();
      await collect.waitFor();
    }
    await pause(page);
    const before = await examples(page, 'Class 1');
    await pause(page);
    expect(await examples(page, 'Class 1')).toBe(before);
  });

  it('only while something is shown: otherwise the page says what to do', async () => {
    const page = await openCard();
    await hold(page, 'Class 2').click();
    await note(page).filter({ hasText: 'Choose the camera, the clip, a drawing or a file first' }).waitFor();
    await button(page, 'Draw a digit').click();
    await page.getByRole('status').filter({ hasText: 'Waiting for a digit' }).waitFor();
    await hold(page, 'Class 2').click();
    await note(page).filter({ hasText: 'There was no picture to take' }).waitFor();
    await counted(page, 'Class 2', 0);
    await hold(page, 'Class 1').click({ button: 'right' });
    await counted(page, 'Class 1', 0);
  });
});

describe('files of a class', () => {
  it('are a picture each, and one a second of a clip; those that can’t be read are named', async () => {
    const page = await openCard();
    const clip = { name: 'cockatoo.mp4', mimeType: 'video/mp4', buffer: readFileSync('samples/cockatoo.mp4') };
    const wrong = (name: string, mimeType: string) => ({ name, mimeType, buffer: Buffer.from('nothing') });
    await add(page, 'Class 1', [
      wrong('torn.png', 'image/png'),
      picture('disc', 1),
      wrong('lost.mp4', 'video/mp4'),
      clip,
    ]);
    await note(page)
      .filter({ hasText: /^1\d examples added to “Class 1”\. 2 files are left out\..*torn\.png.*lost\.mp4/ })
      .waitFor({ timeout: 110_000 });
    await atLeast(page, 'Class 1', 10);
    expect(await problem(page).count()).toBe(0);
  });

  it('can be dropped on it, and the page does not run on them', async () => {
    const page = await openCard();
    const bytes = picture('disc', 3).buffer.toString('base64');
    const drop = await page.evaluateHandle((text) => {
      const given = new DataTransfer();
      given.items.add(
        new File([Uint8Array.from(atob(text), (one) => one.codePointAt(0) ?? 0)], 'a.png', { type: 'image/png' }),
      );
      return given;
    }, bytes);
    await row(page, 'Class 2').dispatchEvent('dragover', { dataTransfer: drop });
    await page.locator('.veil').waitFor();
    await row(page, 'Class 2').dispatchEvent('drop', { dataTransfer: drop });
    await counted(page, 'Class 2', 1);
    await page.locator('.veil').waitFor({ state: 'detached' });
    await button(page, /^Start$/).waitFor();
  });

  it('are read until it is stopped, or the class is removed', async () => {
    const page = await openCard();
    await button(page, 'Add a class').click();
    for (const end of ['Stop reading: Class 3', 'Remove class Class 3']) {
      await add(page, 'Class 3', pictures('disc', 60));
      await atLeast(page, 'Class 3', 1);
      await button(page, end).click();
      await page.getByLabel('Add pictures or clips: Class 1').waitFor({ state: 'attached' });
    }
    // The worker is free for other files as soon as it has ended the picture that it was at. Until then they are refused.
    const refused = async () => {
      await add(page, 'Class 1', [picture('disc', 1)]);
      await pause(page);
      return note(page).filter({ hasText: 'Files are being read' }).count();
    };
    await expect.poll(refused, { timeout: 110_000, interval: 500 }).toBe(0);
    await counted(page, 'Class 1', 1);
  });
});

describe('a training', () => {
  it('can be cancelled, and started again', async () => {
    const page = await openCard();
    await teach(page, 3);
    // Both before the worker has answered.
    await button(page, 'Train').evaluate(async (train: HTMLElement) => {
      train.click();
      await new Promise((done) => setTimeout(done));
      const [cancel] = [...document.querySelectorAll('button')].filter(({ textContent }) => textContent === 'Cancel');
      cancel?.click();
    });
    await button(page, 'Train').waitFor();
    await page.getByText('The training was cancelled.').waitFor({ state: 'attached' });
    await pause(page);
    expect(await page.getByText('The training has ended').count()).toBe(0);
    // The model from before is still there.
    await result(page).waitFor();
    await input(page, 1).fill('circle');
    // A double click starts one training, and does not cancel it.
    await button(page, 'Train').dblclick();
    await theModel(page, 'taught: circle, stripes');
    expect(await problem(page).count()).toBe(0);
  });

  it('goes on while a class is removed, which can be brought back', async () => {
    const page = await openCard();
    await button(page, 'Add a class').click();
    await input(page, 3).fill('third');
    await add(page, 'third', pictures('disc', 1, 20));
    await counted(page, 'third', 1);
    await input(page, 1).fill('disc');
    await input(page, 2).fill('stripes');
    await add(page, 'disc', pictures('disc', 2));
    await counted(page, 'disc', 2);
    await add(page, 'stripes', pictures('stripes', 2));
    await counted(page, 'stripes', 2);
    await button(page, 'Train').evaluate(async (train: HTMLElement) => {
      train.click();
      await new Promise((done) => setTimeout(done));
      document.querySelector<HTMLElement>('[aria-label="Remove class third"]')?.click();
    });
    await theModel(page, 'taught: disc, stripes, third');
    await card(page).getByText('The classes have changed since').waitFor();
    await note(page).filter({ hasText: '“third” with 1 example is removed.' }).waitFor();
    expect(await button(page, 'Remove class disc').isDisabled()).toBe(true);
    expect(await button(page, 'Undo').evaluate((element) => element === document.activeElement)).toBe(true);
    await button(page, 'Undo').click();
    await counted(page, 'third', 1);
    expect(await card(page).getByText('The classes have changed since').count()).toBe(0);
    await button(page, 'Remove last: disc').click();
    await counted(page, 'disc', 1);
    await button(page, 'Remove all: disc').click();
    await counted(page, 'disc', 0);
    await button(page, 'Undo').click();
    await counted(page, 'disc', 1);
  });
});

describe('the card', () => {
  it('explains a name that a class can’t have, and keeps the one before', async () => {
    const page = await openCard();
    await input(page, 1).fill('cat');
    await input(page, 2).fill('cat');
    await row(page, 'Class 2').getByText('Another class is “cat”: give each a name of its own.').waitFor();
    expect(await input(page, 2).getAttribute('aria-invalid')).toBe('true');
    expect(await violations(page)).toEqual([]);
    await input(page, 2).fill('  ');
    await row(page, 'Class 2').getByText('Give the class a name.').waitFor();
    await input(page, 2).blur();
    expect(await input(page, 2).inputValue()).toBe('Class 2');
    expect(await row(page, 'Class 2').getByRole('alert').count()).toBe(0);
  });

  it('keeps everything while it is closed, and gives the focus back', async () => {
    const page = await openCard();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('teach');
    await expect.poll(() => page.workers().length).toBe(1);
    await add(page, 'Class 1', pictures('disc', 2));
    await counted(page, 'Class 1', 2);
    await button(page, 'Close').click();
    expect(await card(page).count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/^Teach it your classes/);
    await expect.poll(() => page.workers().length).toBe(0);
    await button(page, 'Teach it your classes').click();
    await counted(page, 'Class 1', 2);
    await add(page, 'Class 1', [picture('disc', 9)]);
    await counted(page, 'Class 1', 3);
  });

  it('collects nothing while it is closed, and lets its worker end what it does', async () => {
    const page = await openCard();
    await button(page, 'Sample clip').click();
    await labelled(page, 1);
    await page.getByLabel('press once instead of holding').check();
    await add(page, 'Class 2', pictures('stripes', 6));
    await counted(page, 'Class 2', 6);
    await button(page, 'Collect: Class 1').click();
    await atLeast(page, 'Class 1', 2);
    await button(page, 'Train').click();
    await button(page, 'Close').click();
    // The training goes on, and the worker ends with it.
    await theModel(page, 'taught: Class 1, Class 2');
    await expect.poll(() => page.workers().length).toBe(0);
    await button(page, 'Teach it your classes').click();
    const before = await examples(page, 'Class 1');
    await pause(page);
    expect(await examples(page, 'Class 1')).toBe(before);
    expect(await button(page, 'Collect: Class 1').count()).toBe(1);
  });

  it.each([
    { width: 320, height: 700, colorScheme: 'light' },
    { width: 390, height: 844, colorScheme: 'dark' },
    { width: 1440, height: 900, colorScheme: 'dark' },
  ] as const)('can be used by everyone, $width wide, $colorScheme', async ({ width, height, colorScheme }) => {
    const page = await openCard({ context: { viewport: { width, height }, colorScheme } });
    expect(await violations(page)).toEqual([]);
    await teach(page, 6);
    await button(page, 'Sample clip').click();
    await labelled(page, 1);
    await hold(page, 'disc').scrollIntoViewIfNeeded();
    // What is collected is on the screen.
    const visible = page.locator('.screen').evaluate((element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    });
    expect(await visible).toBe(true);
    await hold(page, 'disc').hover();
    await page.mouse.down();
    await atLeast(page, 'disc', 7);
    expect(await violations(page)).toEqual([]);
    await page.mouse.up();
    await button(page, 'Remove all: disc').click();
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    // Nothing is cut off at the side of the card.
    const cut = await card(page).evaluate((element) => {
      const { right } = element.getBoundingClientRect();
      const all = [...element.querySelectorAll('button, input, label, p, canvas')];
      return all.filter((one) => one.getBoundingClientRect().right > right && !one.closest('.thumbnails')).length;
    });
    expect(cut).toBe(0);
    expect(asked().filter((url) => /teach/.test(url)).length).toBeGreaterThan(0);
  });
});
