import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { asked, button, closed, count, demoPage, label, labelled, open, problem, ready } from './page.ts';

demoPage();

const status = (page: Page, text: string | RegExp) =>
  page.getByRole('status').filter({ hasText: text }).waitFor({ timeout: 110_000 });

it('loads only what the run needs', async () => {
  await open({ model: 'mobilenet-v1', engine: 'auto' });
  expect(asked().some((url) => /mobilenet-v1/.test(url))).toBe(true);
  expect(asked().filter((url) => /\.wasm|backend-web|worker|import-dropped|vgg16|lenet5|teach/.test(url))).toEqual([]);
});

it('changes the engine during a run', async () => {
  const page = await open();
  await button(page, 'Sample clip').click();
  await status(page, 'Running on wasm');
  for (const engine of ['cpu', 'webgl', 'wasm']) {
    await page.getByLabel('Engine').selectOption(engine);
    await status(page, `Running on ${engine}`);
    await labelled(page, 2);
  }
  const method = page.locator('.methods code');
  await method.filter({ hasText: 'synced-wall' }).waitFor();
  expect(await problem(page).count()).toBe(0);
  expect(asked().some((url) => url.includes('webgpu'))).toBe(false);
});

it('changes the model during a run, and says what an untrained one shows in place of labels', async () => {
  const page = await open({ model: 'mobilenet-v1' });
  await button(page, 'Sample clip').click();
  await labelled(page, 1);
  const untrained = page
    .locator('section')
    .filter({ has: page.getByRole('heading', { name: 'Untrained: no labels' }) });
  const fact = (name: string) => untrained.locator('dl > div', { hasText: name }).locator('dd').textContent();
  expect(await untrained.count()).toBe(0);
  await page.getByLabel('Model').selectOption('squeezenet');
  await untrained.waitFor();
  expect(await Promise.all(['takes', 'gives', 'layers', 'parameters'].map(fact))).toEqual([
    '227 × 227 × 3',
    '1000 scores',
    '24',
    '1,235,496',
  ]);
  await expect.poll(() => fact('time per frame'), { timeout: 110_000 }).toMatch(/^[\d.]+ ms$/);
  expect(await fact('slowest layer')).toMatch(/^\w+, [\d.]+ ms$/);
  await page.locator('figcaption', { hasText: /^Untrained: no labels$/ }).waitFor();
  expect(await page.getByText(/^class \d/).count()).toBe(0);
  expect(await page.getByRole('heading', { name: 'Timeline' }).count()).toBe(0);
  await button(page, /^fire2-squeeze/).waitFor();
  await labelled(page, 2);
  await page.getByLabel('Model').selectOption('lenet5');
  await button(page, /^c1 conv2d/).waitFor();
  await untrained.waitFor({ state: 'detached' });
  await labelled(page, 1);
  await label(page)
    .filter({ hasText: /^\d\??$/ })
    .waitFor();
});

it('asks before it loads 553 MB, and loads nothing if the answer is no', async () => {
  const page = await open();
  await page.getByLabel('Model').selectOption('vgg16');
  const dialog = page.getByRole('dialog', { name: 'VGG16 is large' });
  await dialog.getByText('138,357,544 parameters: 553 MB').waitFor();
  await page.keyboard.press('Escape');
  await closed(page);
  expect(await page.getByLabel('Model').inputValue()).toBe('lenet5');
  expect(asked().filter((url) => url.includes('vgg16'))).toEqual([]);
  await page.getByLabel('Model').selectOption('vgg16');
  await button(page, 'Run it anyway').click();
  await ready(page);
  await button(page, /^conv5_3 conv2d/).waitFor();
});

it('drops frames when a delay is added, as each policy says', async () => {
  const page = await open();
  await button(page, 'Sample clip').click();
  await labelled(page, 3);
  await page.getByLabel('Added delay').fill('300');
  await expect.poll(() => count(page, 'dropped: replaced'), { timeout: 110_000 }).toBeGreaterThan(5);
  await page.getByLabel('Policy').selectOption('dropNewest');
  await expect.poll(() => count(page, 'dropped: full'), { timeout: 110_000 }).toBeGreaterThan(5);
  await page.getByLabel('Frames in flight').fill('4');
  await page.getByText('Frames in flight: 4').waitFor();
  await expect.poll(() => count(page, 'in flight'), { timeout: 110_000 }).toBe(4);
  await page.getByLabel('Policy').selectOption('buffer');
  await expect.poll(() => count(page, 'waiting'), { timeout: 110_000 }).toBeGreaterThan(4);
  expect(await count(page, 'in flight')).toBeLessThanOrEqual(4);
  await page.getByLabel('Added delay').fill('0');
  const before = await count(page, 'labelled');
  await labelled(page, before + 10);
  await expect(page.getByRole('img', { name: /^Frames per second/ }).getAttribute('aria-label')).resolves.toMatch(
    /dropped$/,
  );
  await page.locator('.chart canvas').first().waitFor();
  await button(page, 'Stop').click();
  const sum = async () => {
    const shown = (await page.locator('.account dd').allTextContents())
      .filter((text) => /^\d+$/.test(text))
      .map(Number);
    return shown.slice(1).reduce((a, b) => a + b, 0) - (shown[0] ?? 0);
  };
  await expect.poll(sum).toBe(0);
});

it('opens the camera at the chosen resolution', async () => {
  const page = await open({ context: { permissions: ['camera'] } });
  await page.getByLabel('Resolution').selectOption('240');
  await button(page, 'Camera').click();
  await labelled(page, 1);
  const height = () => page.locator('.screen canvas').evaluate((canvas: HTMLCanvasElement) => canvas.height);
  expect(await height()).toBe(240);
  await page.getByLabel('Resolution').selectOption('whole');
  // The height of the fake camera.
  await expect.poll(height, { timeout: 110_000 }).toBe(360);
  await page.getByLabel('Which camera').selectOption('environment');
  await labelled(page, 1);
});

it('shows the output of a stage, its channels and its weights', async () => {
  const page = await open();
  await button(page, 'Sample clip').click();
  await labelled(page, 1);
  const row = button(page, /^c3 conv2d/);
  await row.scrollIntoViewIfNeeded();
  const size = () =>
    row
      .locator('canvas')
      .first()
      .evaluate((canvas: HTMLCanvasElement) => canvas.width);
  await expect.poll(size, { timeout: 110_000 }).toBe(10);
  await row.click();
  const dialog = page.getByRole('dialog', { name: 'c3' });
  expect(await dialog.locator('.facts').textContent()).toMatch(/14 × 14 × 6.*10 × 10 × 16.*2,416/);
  expect(await dialog.locator('.facts').textContent()).toMatch(
    /kernel size5 × 5strides1 × 1paddingvaliddilation rate1 × 1/,
  );
  expect(await dialog.locator('.channels canvas').count()).toBe(16);
  await dialog.getByText('kernel', { exact: true }).waitFor();
  // More than one colour: something was painted.
  const colours = () =>
    dialog
      .locator('.channels canvas')
      .nth(3)
      .evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
        return new Set(data).size;
      });
  await expect.poll(colours, { timeout: 110_000 }).toBeGreaterThan(10);
  await page.keyboard.press('Escape');
  await closed(page);
  expect(await row.evaluate((element) => element === document.activeElement)).toBe(true);
});

it('paints the outputs of the layers only while that is switched on', async () => {
  const page = await open();
  await page.getByLabel('Pictures of the layers').selectOption('0');
  await button(page, 'Sample clip').click();
  const canvas = button(page, /^c3 conv2d/).locator('canvas');
  await canvas.first().scrollIntoViewIfNeeded();
  const picture = () => canvas.first().evaluate((element: HTMLCanvasElement) => element.toDataURL());
  const blank = await picture();
  await labelled(page, 10);
  expect(await picture()).toBe(blank);
  await page.getByLabel('Pictures of the layers').selectOption('100');
  await expect.poll(picture, { timeout: 110_000 }).not.toBe(blank);
});

it('runs in a worker, and says that the outputs of the stages stay there', async () => {
  const page = await open();
  await button(page, 'Sample clip').click();
  await labelled(page, 1);
  await page.getByLabel('off the main thread').check();
  await page.getByText('Their outputs stay in the worker').waitFor();
  await expect.poll(() => page.workers().length).toBe(1);
  await labelled(page, 3);
  // The stages are still timed.
  await button(page, /^c3 conv2d.*\d\.\d\d \/ \d/).waitFor();
  await page.getByLabel('off the main thread').uncheck();
  await expect.poll(() => page.workers().length).toBe(0);
  await labelled(page, 3);
  expect(await problem(page).count()).toBe(0);
});
