import type { Page } from 'playwright';
import { describe, expect, it } from 'vitest';
import { board, drag, draw, DRAWN, hint, inWindow, openBoard, read, reads, readsAny, strokes, waits } from './board.ts';
import { button, closed, count, demoPage, labelled, open, problem, tensors } from './page.ts';
import { violations } from './violations.ts';

demoPage();

const [ONE = [], SEVEN = [], ZERO = []] = ['1', '7', '0'].map((digit) => DRAWN[digit]![0]);
/** A line that is not a digit yet. */
const FLAT = [
  [0.28, 0.2],
  [0.72, 0.2],
] as const;
const note = (page: Page) => page.getByRole('note');
const path = (page: Page) => board(page).locator('.ink').getAttribute('d');
/** How many frames come while the page is left alone. */
async function come(page: Page): Promise<number> {
  const before = await count(page, 'frames in');
  await page.evaluate(() => new Promise((done) => setTimeout(done, 500)));
  return (await count(page, 'frames in')) - before;
}
const press = async (page: Page, ...keys: readonly (readonly [key: string, times: number])[]) => {
  for (const [key, times] of keys) for (let i = 0; i < times; i++) await page.keyboard.press(key);
};

/** Waits until what was drawn before is the one frame of a new run. Until that begins, the account is that of the run before. */
async function oneFrame(page: Page): Promise<void> {
  await expect.poll(() => count(page, 'frames in'), { timeout: 110_000 }).toBe(1);
  await labelled(page, 1);
}

describe('a digit that is drawn', () => {
  it.each(Object.entries(DRAWN))('with the mouse is read: %s', async (digit, lines) => {
    const page = await openBoard();
    await draw(page, ...lines);
    await reads(page, digit);
    await page.locator('.scores li').first().filter({ hasText: digit }).waitFor();
    expect(await problem(page).count()).toBe(0);
  });

  it('by keyboard is read: 7', async () => {
    const page = await openBoard();
    await board(page).focus();
    await page.keyboard.press('ArrowUp');
    await press(page, ['ArrowLeft', 6], ['Shift+ArrowRight', 12], ['Space', 1]);
    // Two arrow keys at the same time move the pen diagonally.
    for (let i = 0; i < 8; i++) {
      await page.keyboard.down('ArrowDown');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.up('ArrowDown');
    }
    await press(page, ['Space', 1], ['ArrowRight', 3]);
    await reads(page, '7');
    expect(await strokes(page)).toBe(2);
  });

  it('with a finger is read, and the page does not scroll: 7', async () => {
    const page = await openBoard({
      context: { hasTouch: true, isMobile: true, viewport: { width: 390, height: 700 } },
    });
    const points = await inWindow(page, SEVEN);
    const top = await page.evaluate(() => scrollY);
    const devTools = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...at: readonly (readonly [number, number])[]) =>
      devTools.send('Input.dispatchTouchEvent', { type, touchPoints: at.map(([x, y], id) => ({ x, y, id })) });
    const [[x, y], ...others] = points as [[number, number], ...[number, number][]];
    await touch('touchStart', [x, y]);
    let at = [x, y] as const;
    for (const to of others) {
      for (let i = 1; i <= 8; i++) {
        await touch('touchMove', [at[0] + ((to[0] - at[0]) * i) / 8, at[1] + ((to[1] - at[1]) * i) / 8]);
      }
      at = to;
    }
    // A second finger draws nothing.
    await touch('touchStart', at, [x, y + 100]);
    await touch('touchEnd');
    await reads(page, '7');
    expect(await strokes(page)).toBe(1);
    expect(await page.evaluate(() => scrollY)).toBe(top);
    // Nothing is wider than the screen.
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });

  it('off the main thread is read, and again when the worker ends', async () => {
    const page = await openBoard();
    await page.getByLabel('off the main thread').check();
    await expect.poll(() => page.workers().length).toBe(1);
    await waits(page);
    await draw(page, SEVEN);
    await reads(page, '7');
    await page.getByLabel('off the main thread').uncheck();
    await expect.poll(() => page.workers().length).toBe(0);
    await oneFrame(page);
    await reads(page, '7');
    expect(await count(page, 'frames in')).toBe(1);
  });

  it('is read by each engine', async () => {
    const page = await openBoard();
    await draw(page, ZERO);
    for (const engine of ['cpu', 'webgl', 'wasm']) {
      await page.getByLabel('Engine').selectOption(engine);
      await page
        .getByRole('status')
        .filter({ hasText: `Running on ${engine}` })
        .waitFor({ timeout: 110_000 });
      await reads(page, '0');
    }
    expect(await problem(page).count()).toBe(0);
  });

  it('is read while it is drawn, and no more while it is not', async () => {
    const page = await openBoard();
    await drag(page, SEVEN);
    await readsAny(page);
    await expect.poll(() => come(page)).toBe(0);
    await page.mouse.up();
    expect(await come(page)).toBe(0);
    const before = await count(page, 'frames in');
    await draw(page, FLAT);
    await expect.poll(() => count(page, 'frames in')).toBeGreaterThan(before);
    await expect.poll(() => count(page, 'in flight')).toBe(0);
  });

  it('shows the outputs of all layers, also of those that are opened later', async () => {
    const page = await openBoard();
    await draw(page, SEVEN);
    await readsAny(page);
    await expect.poll(() => come(page)).toBe(0);
    for (const [stage, width] of [
      ['c1', 28],
      ['c3', 10],
    ] as const) {
      const row = button(page, new RegExp(`^${stage} conv2d`));
      const size = () =>
        row
          .locator('canvas')
          .first()
          .evaluate((canvas: HTMLCanvasElement) => canvas.width);
      await expect.poll(size).toBe(width);
    }
    await button(page, /^c3 conv2d/).click();
    const channel = page.getByRole('dialog', { name: 'c3' }).locator('.channels canvas').last();
    await expect.poll(() => channel.evaluate((canvas: HTMLCanvasElement) => canvas.width)).toBe(10);
    await page.keyboard.press('Escape');
    await closed(page);
    // The key closed the dialog, and cleared nothing.
    expect(await strokes(page)).toBe(1);
    expect(await come(page)).toBe(0);
  });
});

describe('the board', () => {
  it('invites people to draw, and reads nothing while it is empty', async () => {
    const page = await openBoard();
    await hint(page).waitFor();
    expect([await read(page), await come(page), await page.locator('.board .certainty').count()]).toEqual(['', 0, 0]);
    await draw(page, SEVEN);
    await readsAny(page);
    expect(await hint(page).count()).toBe(0);
    await button(page, 'Clear').click();
    await hint(page).waitFor();
    await expect.poll(() => come(page)).toBe(0);
    expect(await read(page)).toBe('');
    expect(await page.locator('.scores .name').first().textContent()).toBe('–');
  });

  it('takes strokes back, as far as there are some', async () => {
    const page = await openBoard();
    await draw(page, ONE);
    await readsAny(page);
    const before = await path(page);
    await expect.poll(() => come(page)).toBe(0);
    const label = await read(page);
    await draw(page, ZERO);
    await button(page, 'Undo').click();
    expect(await path(page)).toBe(before);
    await reads(page, label);
    for (let i = 0; i < 3; i++) await button(page, 'Undo').click();
    await hint(page).waitFor();
    await expect.poll(() => read(page)).toBe('');
    expect(await problem(page).count()).toBe(0);
  });

  it('takes a stroke back that is being drawn, and the rest of it', async () => {
    const page = await openBoard();
    await drag(page, FLAT);
    await board(page).focus();
    await page.keyboard.press('ControlOrMeta+z');
    await page.mouse.move(...(await inWindow(page, [[0.5, 0.8]]))[0]!);
    await page.mouse.up();
    expect(await strokes(page)).toBe(0);
    await hint(page).waitFor();
  });

  it('goes on with a line that leaves it, and ends one that ends outside', async () => {
    const page = await openBoard();
    await drag(page, [
      [0.5, 0.5],
      [1.2, 0.5],
      [1.2, 0.7],
      [0.5, 0.7],
      [-0.2, 0.7],
    ]);
    await page.mouse.up();
    const drawn = await path(page);
    expect(await strokes(page)).toBe(1);
    for (const [x, y] of await inWindow(page, FLAT)) await page.mouse.move(x, y);
    expect(await path(page)).toBe(drawn);
    await readsAny(page);
  });

  it('takes a dot, and no other button of the mouse', async () => {
    const page = await openBoard();
    await board(page).click({ button: 'right' });
    await board(page).click({ button: 'middle' });
    expect(await strokes(page)).toBe(0);
    await board(page).click();
    expect(await strokes(page)).toBe(1);
    await readsAny(page);
  });

  it('does by keyboard what its buttons do', async () => {
    const page = await openBoard();
    await board(page).focus();
    await press(page, ['Space', 1], ['ArrowRight', 3], ['Space', 1], ['ArrowDown', 3], ['Shift+ArrowLeft', 2]);
    expect(await strokes(page)).toBe(2);
    await page.keyboard.press('Backspace');
    expect(await strokes(page)).toBe(1);
    await page.keyboard.press('Delete');
    await hint(page).waitFor();
    // Clearing lifts the pen, which never leaves the board.
    await page.keyboard.press('Space');
    await page.keyboard.press('Escape');
    const pen = board(page).locator('.pen');
    await press(page, ['ArrowLeft', 40], ['ArrowUp', 30]);
    expect([await strokes(page), await pen.getAttribute('cx'), await pen.getAttribute('cy')]).toEqual([0, '10', '10']);
    // Other keys do what they do elsewhere.
    await page.keyboard.press('Tab');
    expect(await button(page, 'Undo').evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await pen.count()).toBe(0);
  });

  it.each(['light', 'dark'] as const)('can be used by everyone, %s', async (colorScheme) => {
    const page = await openBoard({ context: { colorScheme, viewport: { width: 390, height: 844 } } });
    expect(await violations(page)).toEqual([]);
    await draw(page, SEVEN);
    await readsAny(page);
    expect(await violations(page)).toEqual([]);
    const help = await board(page).getAttribute('aria-describedby');
    await page.locator(`#${help}`).filter({ hasText: 'the arrow keys move the pen' }).waitFor();
    expect(await page.locator('.board .label').getAttribute('aria-live')).toBe('polite');
    const colour = (what: 'color' | 'backgroundColor') =>
      board(page).evaluate((element, name) => getComputedStyle(element)[name], what);
    const [ink, paper] = [await colour('color'), await colour('backgroundColor')];
    await page.emulateMedia({ colorScheme: colorScheme === 'light' ? 'dark' : 'light' });
    expect([await colour('color'), await colour('backgroundColor')]).not.toEqual([ink, paper]);
    expect(await strokes(page)).toBe(1);
  });
});

describe('the page, for drawings', () => {
  it('loads the model that reads digits, says so once, and lets people choose another one', async () => {
    const page = await open({ model: 'mobilenet-v1' });
    await button(page, 'Draw a digit').click();
    await note(page).filter({ hasText: 'The model is now LeNet-5' }).waitFor();
    await waits(page);
    expect(await page.getByLabel('Model').inputValue()).toBe('lenet5');
    await draw(page, SEVEN);
    await readsAny(page);
    await button(page, 'Draw a digit').click();
    await labelled(page, 1);
    expect([await note(page).count(), await strokes(page)]).toEqual([0, 1]);
    await page.getByLabel('Model').selectOption('squeezenet');
    await reads(page, 'Untrained: no labels');
  });

  it('says what is wrong if that model can’t be loaded, and loads it again', async () => {
    const page = await open({ model: 'mobilenet-v1', expected: /404/ });
    await page.route(/weights.*safetensors/, (route) => route.fulfill({ status: 404, body: '' }));
    await button(page, 'Draw a digit').click();
    await problem(page).filter({ hasText: 'the server answered 404' }).waitFor();
    await page.unroute(/weights.*safetensors/);
    await button(page, 'Try again').click();
    await expect.poll(() => page.getByLabel('Model').inputValue()).toBe('lenet5');
    await draw(page, SEVEN);
    await readsAny(page);
  });

  it('shows only the settings that a drawing has', async () => {
    const page = await openBoard();
    const none = ['Pace', 'Resolution', 'repeat from the start', 'Which camera', 'Policy'];
    for (const name of none) expect(await page.getByLabel(name).count()).toBe(0);
    await button(page, 'Sample clip').click();
    for (const name of ['Pace', 'Resolution', 'repeat from the start', 'Policy']) await page.getByLabel(name).waitFor();
  });

  it('forgets a drawing when another source is chosen in the middle of a line', async () => {
    const page = await openBoard();
    await drag(page, SEVEN);
    await button(page, 'Sample clip').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('img', { name: 'The frame that was labelled last' }).waitFor();
    await labelled(page, 2);
    await page.mouse.move(100, 100);
    await page.mouse.up();
    expect(await board(page).count()).toBe(0);
    await button(page, 'Draw a digit').click();
    await hint(page).waitFor();
    await expect.poll(() => read(page)).toBe('');
    expect(await strokes(page)).toBe(0);
    expect(await problem(page).count()).toBe(0);
  });

  it('reads nothing while it is stopped, leaves no tensor, and then reads what was drawn', async () => {
    const page = await openBoard();
    await draw(page, ONE);
    await readsAny(page);
    await button(page, /^Stop$/).click();
    await expect.poll(() => tensors(page)).toBe(0);
    await page.getByText('press “Start” to read what you draw').waitFor();
    await button(page, 'Clear').click();
    await draw(page, SEVEN);
    expect(await come(page)).toBe(0);
    await button(page, /^Start$/).click();
    await oneFrame(page);
    await readsAny(page);
    expect(await count(page, 'frames in')).toBe(1);
    await button(page, /^Stop$/).click();
    await expect.poll(() => tensors(page)).toBe(0);
  });
});
