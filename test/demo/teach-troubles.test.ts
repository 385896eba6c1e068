import { expect, it } from 'vitest';
import { asked, button, demoPage, open, problem } from './page.ts';
import { add, card, counted, openCard, pictures, teach, theModel } from './teaching.ts';
import { failWorker, watchWorkers } from './workers.ts';

demoPage();

it('loads nothing of it before it is opened', async () => {
  const page = await open();
  expect(asked().filter((url) => /teach/.test(url))).toEqual([]);
  await button(page, 'Teach it your classes').click();
  await card(page).waitFor();
  await expect.poll(() => asked().some((url) => /teach-worker/.test(url))).toBe(true);
});

it('says that its code can’t be loaded', async () => {
  const page = await open({ expected: /teach-panel|Failed to load/ });
  await page.route(/teach-panel/, (route) => route.abort());
  await button(page, 'Teach it your classes').click();
  await problem(page).filter({ hasText: 'A part of the page can’t be loaded' }).waitFor();
  await button(page, 'Reload the page').waitFor();
});

it('says that the worker does not start, and starts it when it is tried again', async () => {
  const page = await open({ expected: /teach-worker|Failed to load/ });
  await page.route(/teach-worker/, (route) => route.abort());
  await button(page, 'Teach it your classes').click();
  await problem(page)
    .filter({ hasText: 'The worker that learns did not start' })
    .filter({ hasText: 'Your examples are still here' })
    .waitFor();
  await page.unroute(/teach-worker/);
  await button(page, 'Try again').click();
  await add(page, 'Class 1', pictures('disc', 1));
  await counted(page, 'Class 1', 1);
  expect(await problem(page).count()).toBe(0);
});

it('says that the weights can’t be loaded', async () => {
  const page = await open({ expected: /Failed to load/ });
  await page.route(/weights.*safetensors/, (route) => route.fulfill({ status: 503, body: '' }));
  await button(page, 'Teach it your classes').click();
  await problem(page).filter({ hasText: 'The model can’t be loaded' }).filter({ hasText: '503' }).waitFor();
  await page.unroute(/weights.*safetensors/);
  await button(page, 'Try again').click();
  await add(page, 'Class 1', pictures('disc', 1));
  await counted(page, 'Class 1', 1);
});

it('keeps the examples when the worker dies, and trains with another', async () => {
  const page = await openCard({ before: watchWorkers });
  await teach(page, 2);
  await failWorker(page, 'teach-worker');
  // It is noticed with the next task at the latest, which another worker takes.
  await page.getByLabel('Name of class 2').fill('lines');
  await button(page, 'Train').click();
  await theModel(page, 'taught: disc, lines');
  // While it has a task, the page says so.
  await button(page, 'Train').evaluate(async (train: HTMLElement) => {
    train.click();
    await new Promise((done) => setTimeout(done));
    (globalThis as unknown as { failWorker: (name: string) => void }).failWorker('teach-worker');
  });
  await problem(page).filter({ hasText: 'The worker that learns stopped: out of memory' }).waitFor();
  await counted(page, 'disc', 2);
  await button(page, 'Train').click();
  await problem(page).waitFor({ state: 'detached' });
  await card(page).getByText('Right on').waitFor();
});
