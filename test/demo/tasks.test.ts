import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright';
import { describe, expect, inject, it } from 'vitest';
import { layer, sequential, written } from '../models/layers/written.ts';
import { fileFrom } from '../support/media.ts';
import { button, demoPage, labelled, open, problem } from './page.ts';
import { violations } from './violations.ts';

demoPage();

const pressed = (page: Page) => page.locator('.tasks [aria-pressed=true]').textContent();
const fact = (page: Page, name: string) =>
  page.locator('.crossings dl > div', { hasText: name }).locator('dd').textContent();
/** What the first line of the result says. */
const best = (page: Page) => page.locator('.scores li').first().locator('.name').textContent();
/** The name of each model of the build that is not there without a network. */
const isBuilt = (model: string) => existsSync(path.join(inject('demoPage'), 'models', model, 'files.json'));

/** A model that finds a cat at the left of dark pictures, and at the right of bright ones. */
function catFiles(): Promise<{ name: string; mimeType: string; buffer: Buffer }[]> {
  const files = written(
    sequential(
      layer('GlobalAveragePooling2D', 'mean', { batch_input_shape: [null, 8, 8, 3] }),
      layer('Dense', 'all', { units: 12, activation: 'linear' }),
      layer('Reshape', 'shaped', { target_shape: [2, 6] }),
    ),
    {
      // Left, top, right, bottom in pixels of the input, score, class; and a second box, of score 0.
      'all/kernel': { shape: [3, 12], data: Array.from({ length: 36 }, (_, i) => (i === 0 || i === 2 ? 6 : 0)) },
      'all/bias': { shape: [12], data: [0, 2, 2, 6, 0.9, 0, 0, 0, 1, 1, 0, 0] },
    },
  );
  return Promise.all(
    files.map(async (file) => ({
      name: file.name,
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(await file.arrayBuffer()),
    })),
  );
}

describe('a task', () => {
  it('has its own models, and comes with one', async ({ skip }) => {
    skip(!isBuilt('selfie'), 'npm could not download the model');
    const page = await open();
    expect(await pressed(page)).toBe('Classify');
    await page.getByLabel('Model').selectOption('alexnet-cifar10');
    await button(page, 'Segment').click();
    await page.getByRole('status').filter({ hasText: 'Ready' }).waitFor();
    await page.getByLabel('Model').selectOption('selfie');
    const offered = await page.getByLabel('Model').locator('option').allTextContents();
    expect(offered.map((text) => text.split(' · ')[0])).toEqual(['DeepLab v3', 'Selfie segmentation']);
    // A graph model has no layers to show, so nothing speaks for the thread of the page.
    await expect.poll(() => page.getByLabel('off the main thread').isChecked()).toBe(true);
    await button(page, 'Classify').click();
    await expect.poll(() => page.getByLabel('Model').inputValue()).toBe('mobilenet-v1');
    expect(await page.getByLabel('off the main thread').isChecked()).toBe(false);
  });

  it('stays what it was where its model cannot be loaded', async () => {
    const damage = (page: Page) => page.route('**/models/*/files.json', (route) => route.fulfill({ status: 404 }));
    const page = await open({ query: '?model=lenet5&engine=wasm', damage, expected: /404/ });
    await page.getByRole('status').filter({ hasText: 'Ready' }).waitFor();
    await button(page, 'Detect').click();
    await problem(page).filter({ hasText: 'files.json can’t be loaded: the server answered 404' }).waitFor();
    expect([await pressed(page), await page.getByLabel('Model').inputValue()]).toEqual(['Classify', 'lenet5']);
  });

  it('of a drawing gives way: boxes are found in the clip', async ({ skip }) => {
    skip(!isBuilt('coco-ssd'), 'npm could not download the model');
    const page = await open();
    await button(page, 'Draw a digit').click();
    await button(page, 'Detect').click();
    await labelled(page, 2);
    expect(await page.getByRole('button', { name: 'Sample clip' }).getAttribute('aria-pressed')).toBe('true');
    await button(page, 'Draw a digit').click();
    await expect.poll(() => pressed(page)).toBe('Classify');
  });
});

describe.each([
  ['coco-ssd', 'Detect'],
  ['selfie', 'Segment'],
  ['movenet', 'Pose'],
  ['esrgan', 'Enlarge'],
])('%s', (model, task) => {
  it('runs off the thread of the page', async ({ skip }) => {
    skip(!isBuilt(model), 'npm could not download the model');
    const page = await open({ model, engine: 'wasm' });
    expect(await pressed(page)).toBe(task);
    await button(page, 'Sample clip').click();
    await labelled(page, 4);
    expect(await problem(page).count()).toBe(0);
    const { width, height } = (await page.locator('.screen canvas').boundingBox())!;
    expect(Math.min(width, height)).toBeGreaterThan(200);
    // What enlarges shows the picture that it made, and has no labels to list.
    const side = await page.locator('.screen canvas').evaluate((canvas: HTMLCanvasElement) => canvas.width);
    expect([side === 256, await page.locator('.scores').count()]).toEqual(model === 'esrgan' ? [true, 0] : [false, 1]);
    expect(await button(page, /^WebVTT/).isDisabled()).toBe(model === 'esrgan');
    expect(await violations(page)).toEqual([]);
  });
});

describe('boxes of a model that is dropped', () => {
  /** Runs the model that finds cats on a clip that becomes brighter, once, and counts at the line in the middle. */
  async function counted(context: object = {}): Promise<Page> {
    const clip = fileFrom('brighter.mp4', [
      ...['-f', 'lavfi', '-i', 'color=white:s=96x96:r=10:d=3', '-vf', 'fade=in:0:30', '-pix_fmt', 'yuv420p'],
    ]);
    const page = await open({ context });
    await page.locator('input[type=file]').setInputFiles(await catFiles());
    await page.getByRole('note').filter({ hasText: 'The page reads it for the task “Detect”' }).waitFor();
    await page.getByLabel('count what crosses a line').check();
    await page.getByLabel('repeat from the start when it ends').uncheck();
    await page.locator('input[type=file]').setInputFiles(clip);
    await page.getByLabel('Pace').selectOption('every');
    await page.getByRole('status').filter({ hasText: 'Stopped after 30 labelled frames' }).waitFor();
    return page;
  }

  it('are followed, drawn and counted where they cross the line', async () => {
    const page = await counted();
    expect([await pressed(page), await best(page)]).toEqual(['Detect', 'class 0']);
    await expect.poll(() => Promise.all([fact(page, 'with'), fact(page, 'against')])).toEqual(['1', '0']);
    // The last picture is white, and the box on it has a colour.
    const coloured = await page.locator('.screen canvas').evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let i = 0; i < data.length; i += 4) count += Math.abs(data[i]! - data[i + 2]!) > 60 ? 1 : 0;
      return count;
    });
    expect(coloured).toBeGreaterThan(50);
    expect(await violations(page)).toEqual([]);
  });

  it('are counted at a line that fingers and keys move', async () => {
    const page = await counted({ viewport: { width: 390, height: 844 }, hasTouch: true });
    const end = page.getByRole('slider', { name: 'First end of the line' });
    const place = () => end.getAttribute('aria-valuetext');
    expect(await place()).toBe('50 % from the left, 85 % from the top');
    await end.focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowUp');
    await expect.poll(place).toBe('48 % from the left, 83 % from the top');
    const box = (await page.locator('.line-layer .knob').first().boundingBox())!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x - 10, y);
    await page.mouse.move(-100, 5000);
    await page.mouse.up();
    await expect.poll(place).toBe('0 % from the left, 100 % from the top');
    // A line that no cat crosses.
    await page.getByRole('slider', { name: 'Second end of the line' }).focus();
    for (let i = 0; i < 26; i++) await page.keyboard.press('ArrowLeft');
    await button(page, 'Start').click();
    await page.getByRole('status').filter({ hasText: 'Stopped after 30 labelled frames' }).waitFor();
    expect(await Promise.all([fact(page, 'with'), fact(page, 'against')])).toEqual(['0', '0']);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });
});
