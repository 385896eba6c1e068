import type { Page } from 'playwright';
import { describe, expect, it } from 'vitest';
import { button, demoPage, labelled, open, problem, ready } from './page.ts';

// Whatever does not load ends in a message, and in a page that works.

demoPage();

const WEIGHTS = /weights.*safetensors/;
/** What Chromium logs, and mediabunny when it tries again. */
const refused = /Failed to load resource|net::ERR|Retrying failed fetch/;
const status = (page: Page, text: string | RegExp) => page.getByRole('status').filter({ hasText: text });

const play = (page: Page) => button(page, 'Sample clip').click();

/** The page's own weights, changed. */
const changed =
  (change: (bytes: Buffer<ArrayBuffer>) => Buffer) =>
  async (page: Page): Promise<void> => {
    await page.route(WEIGHTS, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ body: change((await response.body()) as Buffer<ArrayBuffer>) });
    });
  };

const FAULTS: readonly (readonly [string, (page: Page) => Promise<unknown>, string | RegExp])[] = [
  ['is not there', (page) => page.route(WEIGHTS, (route) => route.fulfill({ status: 404 })), 'the server answered 404'],
  [
    'fails on the server',
    (page) => page.route(WEIGHTS, (route) => route.fulfill({ status: 500 })),
    'the server answered 500',
  ],
  [
    'loses its connection',
    (page) => page.route(WEIGHTS, (route) => route.abort('connectionreset')),
    'the connection failed',
  ],
  ['is cut', changed((bytes) => bytes.subarray(0, bytes.length / 2)), 'is not a valid safetensors file'],
  ['is empty', changed(() => Buffer.alloc(0)), 'is not a valid safetensors file'],
  ['has other bytes', changed((bytes) => Buffer.alloc(bytes.length, 0xff)), 'is not a valid safetensors file'],
  [
    'is a page that says so',
    changed(() => Buffer.from('<!doctype html><p>Not found')),
    'is not a valid safetensors file',
  ],
];

describe.each(FAULTS)('a file of weights that %s', (_, damage, says) => {
  it('says so, starts nothing, and works after “Try again”', async () => {
    const page = await open({ damage, expected: refused });
    await problem(page).filter({ hasText: 'The model can’t be loaded' }).filter({ hasText: says }).waitFor();
    await status(page, 'No model is loaded').waitFor();
    await page.getByText('Choose a model in the settings, or drop one here').waitFor();
    await button(page, 'Dismiss').click();
    for (const name of ['Sample clip', 'Camera', 'Start']) {
      await button(page, name).click();
      await problem(page).filter({ hasText: 'No model is loaded' }).waitFor();
      await button(page, 'Start').waitFor();
    }
    await page.unroute(WEIGHTS);
    await button(page, 'Try again').click();
    await ready(page);
    expect(await problem(page).count()).toBe(0);
    await page.getByLabel('Engine').selectOption('wasm');
    await button(page, 'Sample clip').click();
    await labelled(page, 1);
  });

  it('lets people choose another model', async () => {
    const page = await open({ damage, expected: refused });
    await problem(page).waitFor();
    await page.getByLabel('Engine').selectOption('wasm');
    await page.getByLabel('Model').selectOption('squeezenet');
    await ready(page);
    await button(page, 'Sample clip').click();
    await labelled(page, 1);
  });
});

it('gives up a server that sends nothing', async () => {
  const page = await open({
    damage: async (opening) => {
      await opening.clock.install();
      await opening.route(WEIGHTS, () => undefined);
    },
  });
  await status(page, 'Loading').waitFor();
  // The page may not have asked for the weights yet: the clock goes on until it has, and has waited.
  const silence = problem(page).filter({ hasText: 'the server sent nothing for 30 seconds' });
  const waited = async () => {
    await page.clock.runFor(31_000);
    return silence.count();
  };
  await expect.poll(waited, { timeout: 60_000 }).toBe(1);
  await page.unroute(WEIGHTS);
  await button(page, 'Try again').click();
  await ready(page);
});

it('waits for the model that is loading when a run is started', async () => {
  let release = () => undefined as void;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const page = await open({
    damage: (opening) =>
      opening.route(WEIGHTS, async (route) => {
        await held;
        await route.fulfill({ status: 503 });
      }),
    expected: refused,
  });
  await button(page, 'Sample clip').click();
  await status(page, 'Loading').waitFor();
  release();
  await problem(page).filter({ hasText: 'the server answered 503' }).waitFor();
  await button(page, 'Start').waitFor();
});

const PARTS: readonly (readonly [string, RegExp, (page: Page) => Promise<unknown>, RegExp])[] = [
  ['a model', /lenet5.*\.js$/, (page) => page.getByLabel('Model').selectOption('lenet5'), /part of the page can’t be/],
  ['the list of labels', /labels.*\.json$/, (page) => button(page, 'Try again').click(), /labels.*answered 404/],
  ['the sample clip', /cockatoo.*\.mp4$/, play, /Not found.*cockatoo\.mp4 can't be read: .*404/],
  ['wasm', /\.wasm$/, play, /wasm does not work here.*“auto”/],
];

describe('a page', () => {
  it.each(PARTS)('without %s: says so, stops, and works again', async (_, files, act, says) => {
    const page = await open({
      damage: (opening) => opening.route(files, (route) => route.fulfill({ status: 404 })),
      expected: refused,
    });
    await status(page, /Ready|No model/).waitFor();
    if ((await problem(page).count()) === 0) await page.getByLabel('Engine').selectOption('wasm');
    await act(page);
    await problem(page).filter({ hasText: says }).waitFor();
    await button(page, 'Start').waitFor();
    await page.unroute(files);
    const reload = button(page, 'Reload the page');
    if ((await reload.count()) > 0) await reload.click();
    else await button(page, 'Try again').click();
    await status(page, /Ready|Running on/).waitFor();
  });

  it('without the reader of videos: says so, and works when it is loaded again', async () => {
    const page = await open({
      damage: (opening) =>
        opening.route(/\.js$/, async (route) => {
          const response = await route.fetch();
          // A text in mediabunny, whose file has a name that changes.
          const isReader = (await response.text()).includes('Input has been disposed');
          await route.fulfill(isReader ? { status: 404 } : { response });
        }),
      expected: refused,
    });
    await ready(page);
    await page.getByLabel('Engine').selectOption('wasm');
    await play(page);
    await problem(page).filter({ hasText: 'A part of the page can’t be loaded' }).waitFor();
    expect(await problem(page).textContent()).not.toMatch(/npm|mediabunny/);
    await page.unroute(/\.js$/);
    await button(page, 'Reload the page').click();
    await ready(page);
    await page.getByLabel('Engine').selectOption('wasm');
    await play(page);
    await status(page, 'Running on').waitFor();
  });

  it('whose connection to the sample clip is lost: says so after some attempts', async () => {
    let requests = 0;
    const page = await open({
      damage: (opening) =>
        opening.route(/cockatoo.*\.mp4$/, (route) => {
          requests++;
          return route.abort('connectionreset');
        }),
      expected: refused,
    });
    await ready(page);
    await play(page);
    await problem(page).filter({ hasText: "cockatoo.mp4 can't be read" }).waitFor();
    expect(requests).toBeGreaterThan(1);
    await page.unroute(/cockatoo.*\.mp4$/);
    await page.getByLabel('Engine').selectOption('wasm');
    await button(page, 'Start').click();
    await labelled(page, 1);
  });
});

it('says that the page itself could not be loaded', async () => {
  const page = await open({
    damage: (opening) => opening.route(/index-.*\.js$/, (route) => route.fulfill({ status: 404 })),
    expected: refused,
  });
  await page.getByText('a part of the page could not be loaded: reload it').waitFor();
});
