import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { button, count, demoPage, label, labelled, open, problem, tensors } from './page.ts';

demoPage();

/** Runs before the page's scripts: records all camera tracks, their frames, and all WebGL contexts. */
function watch(): void {
  const frames: VideoFrame[] = [];
  const tracks: MediaStreamTrack[] = [];
  const contexts: WebGL2RenderingContext[] = [];
  Object.assign(globalThis, { tracks, contexts, frames });
  const read = Reflect.get(ReadableStreamDefaultReader.prototype, 'read') as () => Promise<{ value?: unknown }>;
  Object.assign(ReadableStreamDefaultReader.prototype, {
    async read(this: unknown) {
      const answer = await read.apply(this);
      if (answer.value instanceof VideoFrame) frames.push(answer.value);
      return answer;
    },
  });
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (wishes) => {
    const stream = await open(wishes);
    tracks.push(...stream.getTracks());
    return stream;
  };
  for (const { prototype } of [HTMLCanvasElement, OffscreenCanvas]) {
    const getContext = Reflect.get(prototype, 'getContext') as (...given: unknown[]) => unknown;
    Object.assign(prototype, {
      getContext(this: unknown, ...given: unknown[]) {
        const context = getContext.apply(this, given);
        if (context instanceof WebGL2RenderingContext && !contexts.includes(context)) contexts.push(context);
        return context;
      },
    });
  }
}

const liveTracks = (page: Page) =>
  page.evaluate(() =>
    (globalThis as unknown as { tracks: MediaStreamTrack[] }).tracks.map(({ readyState }) => readyState),
  );

it('leaves no tensor and no live track after ten starts and stops', async () => {
  const page = await open({ before: watch, context: { permissions: ['camera'] } });
  await button(page, 'Camera').click();
  for (let i = 0; i < 10; i++) {
    if (i > 0) await button(page, 'Start').click();
    // For a moment the count of labels is still that of the last run; the status is not.
    await page.getByRole('status').filter({ hasText: 'Running on' }).waitFor();
    await button(page, 'Stop').click();
    await button(page, 'Start').waitFor();
  }
  await expect.poll(() => tensors(page)).toBe(0);
  await expect.poll(() => liveTracks(page)).toEqual(Array.from({ length: 10 }, () => 'ended'));
  // A closed frame has no format.
  const formats = () =>
    page.evaluate(() => (globalThis as unknown as { frames: VideoFrame[] }).frames.map(({ format }) => format));
  await expect.poll(async () => (await formats()).filter((format) => format !== null)).toEqual([]);
  expect((await formats()).length).toBeGreaterThanOrEqual(10);
});

it('frees everything of a run when the model, the file or the camera changes', async () => {
  const page = await open({ before: watch, model: 'mobilenet-v1', context: { permissions: ['camera'] } });
  await button(page, 'Sample clip').click();
  await labelled(page, 1);
  await page.getByLabel('Model').selectOption('lenet5');
  await button(page, 'Camera').click();
  await labelled(page, 1);
  await button(page, 'Sample clip').click();
  await expect.poll(() => liveTracks(page)).toEqual(['ended']);
  await labelled(page, 1);
  await button(page, 'Stop').click();
  await expect.poll(() => tensors(page)).toBe(0);
});

it('continues after the GPU is lost', async () => {
  const page = await open({ before: watch, engine: 'webgl' });
  await button(page, 'Sample clip').click();
  await labelled(page, 2);
  await page.evaluate(() => {
    for (const context of (globalThis as unknown as { contexts: WebGL2RenderingContext[] }).contexts) {
      context.getExtension('WEBGL_lose_context')?.loseContext();
    }
  });
  const before = await count(page, 'labelled');
  await labelled(page, before + 3);
  expect(await problem(page).count()).toBe(0);
  // The status says so.
  await page.getByRole('status').filter({ hasText: 'restarted after its GPU was lost' }).waitFor();
  await button(page, 'Stop').click();
  await expect.poll(() => tensors(page)).toBe(0);
});

it('pauses the camera while the page is hidden', async () => {
  const page = await open({ before: watch, context: { permissions: ['camera'] } });
  await button(page, 'Camera').click();
  await labelled(page, 2);
  const hide = (state: string) =>
    page.evaluate((visibilityState) => {
      Object.defineProperty(document, 'visibilityState', { value: visibilityState, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
  await hide('hidden');
  await page.getByRole('status').filter({ hasText: 'Paused' }).waitFor();
  // Frames from before the page was hidden are still labelled. After that no more frames come.
  let before = NaN;
  const come = async (): Promise<number> => {
    before = await count(page, 'frames in');
    await page.evaluate(() => new Promise((done) => setTimeout(done, 700)));
    return (await count(page, 'frames in')) - before;
  };
  await expect.poll(come, { timeout: 110_000 }).toBe(0);
  await hide('visible');
  await labelled(page, before + 1);
});

it('ends with the clip when it does not repeat, and can start again', async () => {
  const page = await open();
  await button(page, 'Sample clip').click();
  await page.getByLabel('repeat from the start').uncheck();
  await page.getByLabel('Pace').selectOption('every');
  await page.getByRole('status').filter({ hasText: 'Stopped after 280 labelled frames' }).waitFor({ timeout: 80_000 });
  await label(page).waitFor();
  await button(page, 'Start').click();
  await labelled(page, 1);
});
