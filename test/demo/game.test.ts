import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { asked, button, demoPage, open, problem } from './page.ts';
import { failWorker, watchWorkers } from './workers.ts';

demoPage();

const card = (page: Page) => page.getByRole('region', { name: 'A game that it learns' });

async function openGame(options: Parameters<typeof open>[0] = {}): Promise<Page> {
  const page = await open(options);
  await button(page, 'Watch it learn a game').click();
  await card(page).waitFor();
  return page;
}

/** Who plays, and how many balls it has caught of how many. */
async function tallied(page: Page) {
  const tally = card(page).locator('.tally');
  const [, caught = 0, games = 0] =
    /^caught (\d+) of (\d+)$/.exec((await tally.locator('span').textContent()) ?? '') ?? [];
  return { who: await tally.locator('strong').textContent(), caught: Number(caught), games: Number(games) };
}
const games = (page: Page, atLeast: number) =>
  expect.poll(async () => (await tallied(page)).games, { timeout: 110_000 }).toBeGreaterThanOrEqual(atLeast);
const choosePlayer = (page: Page, name: string) => page.getByLabel('Player').selectOption(name);
const round = (page: Page, atLeast: number) =>
  expect
    .poll(async () => Number(/round (\d+)/.exec((await card(page).getByRole('status').textContent()) ?? '')?.[1]), {
      timeout: 110_000,
    })
    .toBeGreaterThanOrEqual(atLeast);
const workers = (page: Page) => page.workers().length;

it('plays with the bundled weights and misses nothing; untrained it misses', async () => {
  const page = await openGame();
  expect(asked().some((url) => /game-worker/.test(url))).toBe(false);
  await choosePlayer(page, 'bundled');
  await button(page, 'Play').click();
  await games(page, 6);
  const trained = await tallied(page);
  expect(trained.who).toBe('Trained before');
  expect(trained.caught).toBe(trained.games);
  await choosePlayer(page, 'untrained');
  await expect.poll(async () => (await tallied(page)).who).toBe('Untrained');
  await expect
    .poll(async () => ((now) => now.games - now.caught)(await tallied(page)), { timeout: 110_000 })
    .toBeGreaterThan(0);
  await button(page, 'Pause the game').click();
  await expect.poll(() => workers(page)).toBe(0);
});

it('trains, plays with what it has learned so far, stops, goes on and starts over', async () => {
  const page = await openGame();
  await button(page, 'Train').click();
  await round(page, 3);
  await expect.poll(async () => (await tallied(page)).who, { timeout: 110_000 }).toMatch(/^After [1-9]\d* rounds$/);
  await card(page)
    .getByRole('img', { name: /^Caught in round \d+: \d+ of 64 balls$/ })
    .waitFor();
  // It goes on while the card is closed, and nobody plays.
  await card(page).getByRole('button', { name: 'Close' }).click();
  expect(await button(page, 'Watch it learn a game').evaluate((element) => element === document.activeElement)).toBe(
    true,
  );
  await expect.poll(() => workers(page)).toBe(1);
  await button(page, 'Watch it learn a game').click();
  await round(page, 5);
  await button(page, 'Stop the training').click();
  const stopped = card(page).getByText(/^Stopped after \d+ of 200 rounds\.$/);
  const done = Number(/\d+/.exec((await stopped.textContent()) ?? '')?.[0]);
  expect(done).toBeGreaterThanOrEqual(4);
  await button(page, 'Go on with the training').click();
  await round(page, done + 2);
  await button(page, 'Stop the training').click();
  await button(page, 'Start over').click();
  await card(page).getByText('Training: round 1 of 200').waitFor();
  await button(page, 'Stop the training').click();
  await button(page, 'Pause the game').click();
  await expect.poll(() => workers(page)).toBe(0);
});

it('says that the worker does not start, and starts it when it is tried again', async () => {
  const page = await openGame({ expected: /game-worker|Failed to load/ });
  await page.route(/game-worker/, (route) => route.abort());
  await button(page, 'Train').click();
  await problem(page).filter({ hasText: 'The worker that learns did not start' }).waitFor();
  await page.unroute(/game-worker/);
  await button(page, 'Try again').click();
  await round(page, 2);
  expect(await problem(page).count()).toBe(0);
});

it('goes on from what it has learned when its worker dies', async () => {
  const page = await openGame({ before: watchWorkers });
  await button(page, 'Train').click();
  await round(page, 4);
  await failWorker(page, 'game-worker');
  await problem(page)
    .filter({ hasText: 'did not start, or stopped: out of memory. What it learned stays here' })
    .waitFor();
  const stopped = card(page).getByText(/^Stopped after \d+ of 200 rounds\.$/);
  const done = Number(/\d+/.exec((await stopped.textContent()) ?? '')?.[0]);
  expect(done).toBeGreaterThanOrEqual(3);
  await button(page, 'Try again').click();
  const going = card(page).getByText(/^Training: round \d+ of 200$/);
  expect(Number(/\d+/.exec((await going.textContent()) ?? '')?.[0])).toBeGreaterThan(done);
  await round(page, done + 2);
  await button(page, 'Stop the training').click();
});

it('says that the weights can’t be loaded', async () => {
  const page = await openGame({ expected: /Failed to load/ });
  await page.route(/weights.*safetensors/, (route) => route.fulfill({ status: 503, body: '' }));
  await choosePlayer(page, 'bundled');
  await button(page, 'Play').click();
  await problem(page).filter({ hasText: 'The model can’t be loaded' }).filter({ hasText: '503' }).waitFor();
  await button(page, 'Play').waitFor();
  await page.unroute(/weights.*safetensors/);
  await button(page, 'Try again').click();
  await games(page, 1);
});

it('is reached and played by keyboard', async () => {
  const page = await open();
  await button(page, 'Watch it learn a game').focus();
  await page.keyboard.press('Enter');
  await card(page).waitFor();
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('A game that it learns');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await games(page, 1);
  expect((await tallied(page)).who).toBe('Trained before');
});
