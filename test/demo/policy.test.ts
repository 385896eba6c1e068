import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { button, choose, demoPage, label, labelled, open, problem, root } from './page.ts';

// The page under a strict policy of its server, cross-origin isolated as well, so that wasm asks for threads.

demoPage('cockatoo', {
  'Content-Security-Policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
});

/** What Chromium logs when a policy refuses wasm's threads. */
const expected = /Creating a worker from 'blob:|worker-src/;

it('labels pictures, a video and the camera on every engine', async () => {
  const page = await open({ model: 'mobilenet-v1', context: { permissions: ['camera'] }, expected });
  await choose(page, 'test/data/squirrel_cls.jpg');
  await label(page).filter({ hasText: 'fox squirrel' }).waitFor({ timeout: 110_000 });
  await page.getByLabel('Model').selectOption('lenet5');
  for (const engine of ['wasm', 'webgl', 'cpu']) {
    await page.getByLabel('Engine').selectOption(engine);
    await button(page, 'Sample clip').click();
    await page
      .getByRole('status')
      .filter({ hasText: `Running on ${engine}` })
      .waitFor({ timeout: 110_000 });
    await labelled(page, 2);
  }
  await button(page, 'Camera').click();
  await labelled(page, 2);
  await page.getByLabel('off the main thread').check();
  await expect.poll(() => page.workers().length).toBe(1);
  await labelled(page, 2);
  expect(await problem(page).count()).toBe(0);
});

it('says that wasm computes on one thread, and why', async () => {
  const page = await open({
    expected,
    before: () => Object.defineProperty(navigator, 'hardwareConcurrency', { value: 8 }),
  });
  await button(page, 'Sample clip').click();
  await page
    .getByRole('status')
    .filter({ hasText: 'on one thread, because more did not start: the browser refused to start them' })
    .waitFor();
  await labelled(page, 2);
});

it('draws the charts, the layers and a recording, and saves files', async () => {
  const page = await open({ expected });
  await button(page, 'Sample clip').click();
  await labelled(page, 3);
  await page.locator('.chart canvas').first().waitFor();
  await button(page, /^c3 conv2d/).click();
  await page.getByRole('dialog', { name: 'c3' }).waitFor();
  await page.keyboard.press('Escape');
  await button(page, /^Record/).click();
  await button(page, /^Stop and save/)
    .filter({ hasText: /[1-9] s so far/ })
    .waitFor({ timeout: 110_000 });
  const [download] = await Promise.all([page.waitForEvent('download'), button(page, /^Stop and save/).click()]);
  expect(readFileSync(await download.path()).length).toBeGreaterThan(1000);
});

it('reads a model of the user’s own', async () => {
  const page = await open({ expected });
  const files = ['model.json', 'weights.bin', 'metadata.json'].map((name) =>
    path.join(root, 'test/data/teachable', name),
  );
  await page.locator('input[type=file]').setInputFiles(files);
  await page.getByLabel('Model').locator('option', { hasText: 'yours' }).waitFor({ state: 'attached' });
  await choose(page, 'test/data/squirrel_cls.jpg');
  await label(page)
    .filter({ hasText: /^(cat|dog)\??$/ })
    .waitFor({ timeout: 110_000 });
});
