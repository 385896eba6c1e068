import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { media } from '../support/media.ts';
import { button, choose, count, demoPage, label, labelled, open, problem, root } from './page.ts';

demoPage();

const sees = (page: Page, what: string | RegExp) => label(page).filter({ hasText: what }).waitFor({ timeout: 110_000 });

/** Drops files on the page, with a real DataTransfer. */
async function drop(page: Page, files: readonly string[], to = 'main'): Promise<void> {
  const given = files.map((file) => ({
    name: path.basename(file),
    base64: readFileSync(path.resolve(root, file)).toString('base64'),
  }));
  const transfer = await page.evaluateHandle((all) => {
    const made = new DataTransfer();
    const types: Record<string, string> = { jpg: 'image/jpeg', mp4: 'video/mp4', json: 'application/json' };
    for (const { name, base64 } of all) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.codePointAt(0) ?? 0);
      made.items.add(new File([bytes], name, { type: types[name.split('.').at(-1) ?? ''] ?? '' }));
    }
    return made;
  }, given);
  await page.locator(to).dispatchEvent('dragover', { dataTransfer: transfer });
  await page.locator('.veil').waitFor();
  await page.locator(to).dispatchEvent('drop', { dataTransfer: transfer });
}

it('labels the camera on webgl: the cockatoo', async () => {
  const page = await open({ engine: 'webgl', model: 'mobilenet-v1', context: { permissions: ['camera'] } });
  await button(page, 'Camera').click();
  await sees(page, 'sulphur-crested cockatoo');
  expect(await problem(page).count()).toBe(0);
  // A camera can't wait.
  expect(await page.getByLabel('Policy').locator('option').allTextContents()).not.toContainEqual(
    expect.stringContaining('wait:'),
  );
});

it('says that the camera is not allowed, and then runs on a picture', async () => {
  const page = await open({ model: 'mobilenet-v1' });
  await button(page, 'Camera').click();
  await problem(page).filter({ hasText: 'allow it in the address bar' }).waitFor();
  await button(page, 'Start').waitFor();
  await choose(page, 'test/data/squirrel_cls.jpg');
  await sees(page, 'fox squirrel');
  expect(await problem(page).count()).toBe(0);
});

it('labels a dropped picture', async () => {
  const page = await open({ model: 'mobilenet-v1' });
  await drop(page, ['test/data/squirrel_cls.jpg']);
  await sees(page, 'fox squirrel');
  expect(await page.locator('.veil').count()).toBe(0);
});

it('labels every frame of a dropped video at the pace “every frame”', async () => {
  const page = await open();
  await page.getByLabel('Pace').selectOption('every');
  await page.getByLabel('repeat from the start').uncheck();
  const clip = media('short.mp4', '-f lavfi -i testsrc=size=64x48:rate=10:duration=2 -pix_fmt yuv420p');
  await drop(page, [clip]);
  await page.getByRole('status').filter({ hasText: 'Stopped after 20 labelled frames' }).waitFor({ timeout: 110_000 });
  expect([await count(page, 'frames in'), await count(page, 'labelled'), await count(page, 'in flight')]).toEqual([
    20, 20, 0,
  ]);
});

it('reads a Teachable Machine export, and says what is wrong with an incomplete one', async () => {
  const page = await open();
  const files = ['model.json', 'weights.bin', 'metadata.json'].map((name) => `test/data/teachable/${name}`);
  await drop(page, files);
  await page.getByLabel('Model').locator('option', { hasText: 'yours' }).waitFor({ state: 'attached' });
  await choose(page, 'test/data/squirrel_cls.jpg');
  await sees(page, /^(cat|dog)$/);
  await button(page, /^block_add/).waitFor();
  await choose(page, files[0] ?? '', files[2] ?? '');
  await problem(page)
    .filter({ hasText: 'model.json needs weights.bin, which is not among model.json, metadata.json' })
    .waitFor();
});

it('says that a file is no video, and then runs on the sample', async () => {
  const page = await open();
  const nothing = { name: 'holiday.mp4', mimeType: 'video/mp4', buffer: Buffer.from('nothing') };
  await page.locator('input[type=file]').setInputFiles(nothing);
  await problem(page).filter({ hasText: 'holiday.mp4 is no video' }).waitFor();
  await button(page, 'Sample clip').click();
  await labelled(page, 1);
  expect(await problem(page).count()).toBe(0);
});

it('says that a zip archive must be unpacked', async () => {
  const page = await open();
  const zip = { name: 'tm-my-model.zip', mimeType: 'application/zip', buffer: Buffer.from('PK') };
  await page.locator('input[type=file]').setInputFiles(zip);
  await problem(page).filter({ hasText: 'tm-my-model.zip is an archive: unpack it' }).waitFor();
});

it('says that this browser can’t decode HEVC, and what to do', async () => {
  const page = await open();
  const clip = media(
    'small-hevc.mp4',
    '-f lavfi -i testsrc=size=64x48:rate=10:duration=1 -pix_fmt yuv420p -c:v libx265 -x265-params log-level=error -tag:v hvc1',
  );
  await drop(page, [clip]);
  await problem(page).filter({ hasText: "which this browser can't decode: convert it to H.264" }).waitFor();
});

it('says that a file is no picture', async () => {
  const page = await open();
  const broken = { name: 'photo.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('no picture') };
  await page.locator('input[type=file]').setInputFiles(broken);
  await problem(page).filter({ hasText: 'photo.jpg is no picture that this browser can read' }).waitFor();
  // Nothing runs, and nothing repeats itself.
  expect(await count(page, 'frames in')).toBe(0);
  await button(page, 'Start').waitFor();
});

it('leaves out what is no picture among pictures, and says so', async () => {
  const page = await open({ model: 'mobilenet-v1' });
  const broken = { name: 'broken.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('no picture') };
  const photo = {
    name: 'squirrel.jpg',
    mimeType: 'image/jpeg',
    buffer: readFileSync(path.join(root, 'test/data/squirrel_cls.jpg')),
  };
  const note = { name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') };
  await page.locator('input[type=file]').setInputFiles([photo, broken]);
  await sees(page, 'fox squirrel');
  await page.getByRole('note').filter({ hasText: 'broken.jpg is no picture' }).waitFor();
  await page.locator('input[type=file]').setInputFiles([photo, note]);
  await page.getByRole('note').filter({ hasText: 'Left out: note.txt' }).waitFor();
});

const tiny = (name: string) => media(name, '-f lavfi -i testsrc=size=64x48:rate=10:duration=2 -pix_fmt yuv420p');

it('takes the first of two dropped videos, and says which is left out', async () => {
  const page = await open();
  await drop(page, [tiny('first.mp4'), tiny('second.mp4')]);
  await page.getByRole('note').filter({ hasText: 'this is first.mp4. Left out: second.mp4' }).waitFor();
  await labelled(page, 1);
});

it('says that an empty folder has no files', async () => {
  const page = await open();
  await page.locator('main').evaluate((main) => {
    const folder = {
      isFile: false,
      createReader: () => ({ readEntries: (found: (entries: unknown[]) => void) => found([]) }),
    };
    const event = new Event('drop', { bubbles: true, cancelable: true });
    const dataTransfer = { items: [{ webkitGetAsEntry: () => folder }], files: [] };
    main.dispatchEvent(Object.assign(event, { dataTransfer }));
  });
  await problem(page).filter({ hasText: 'There are no files in it' }).waitFor();
});

it('goes on with what runs when a drop fails', async () => {
  const page = await open();
  await button(page, 'Sample clip').click();
  await labelled(page, 1);
  const given = [
    [{ name: 'a.zip', mimeType: 'application/zip', buffer: Buffer.from('PK') }, 'a.zip is an archive'],
    [{ name: 'a.mp4', mimeType: 'video/mp4', buffer: Buffer.from('nothing') }, 'a.mp4 is no video'],
    [{ name: 'a.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('nothing') }, 'a.jpg is no picture'],
    [{ name: 'model.json', mimeType: 'application/json', buffer: Buffer.from('{}') }, 'model.json'],
  ] as const;
  for (const [file, says] of given) {
    await page.locator('input[type=file]').setInputFiles(file);
    await problem(page).filter({ hasText: says }).waitFor();
    await labelled(page, (await count(page, 'labelled')) + 2);
    await button(page, 'Dismiss').click();
  }
  await button(page, 'Stop').waitFor();
});

it('says that a video was cut off, and shows the frames that are there', async () => {
  const page = await open();
  await page.getByLabel('Pace').selectOption('every');
  const clip = readFileSync(
    media('whole.mp4', '-f lavfi -i testsrc=size=64x48:rate=10:duration=4 -pix_fmt yuv420p -movflags +faststart'),
  );
  const cut = (at: number) => ({ name: 'cut.mp4', mimeType: 'video/mp4', buffer: clip.subarray(0, at) });
  await page.locator('input[type=file]').setInputFiles(cut(Math.round(clip.length * 0.8)));
  await problem(page)
    .filter({ hasText: /cut\.mp4 was cut off: .*only its first \d+ frames/ })
    .waitFor();
  expect(await count(page, 'labelled')).toBeGreaterThan(5);
  await page.locator('input[type=file]').setInputFiles(cut(clip.indexOf('mdat') + 8));
  await problem(page).filter({ hasText: 'not one frame of it could be decoded' }).waitFor();
  // No invitation over the last frame.
  expect(await page.locator('.invitation').count()).toBe(0);
});

it('counts the times of a camera from its first frame', async () => {
  const page = await open({ context: { permissions: ['camera'] }, model: 'mobilenet-v1' });
  await button(page, 'Camera').click();
  await labelled(page, 5);
  const first = await page.locator('.timeline .number').last().textContent();
  expect(Number.parseFloat(first ?? '')).toBeLessThan(60);
  await button(page, 'Stop').click();
  const [download] = await Promise.all([page.waitForEvent('download'), button(page, /^NDJSON/).click()]);
  const [line = ''] = readFileSync(await download.path(), 'utf8').split('\n');
  expect(JSON.parse(line)).toMatchObject({ timestamp: 0 });
});

it('lets people choose the range of pixel values of a model that does not say it', async () => {
  const page = await open();
  const files = ['model.json', 'weights.bin'].map((name) => `test/data/teachable/${name}`);
  await drop(page, files);
  await page.getByRole('note').filter({ hasText: '0 to 1 is assumed' }).waitFor();
  const range = page.getByLabel('Pixel values');
  expect(await range.inputValue()).toBe('0 to 1');
  await range.selectOption('−1 to 1');
  await expect.poll(() => range.inputValue()).toBe('−1 to 1');
  await choose(page, 'test/data/squirrel_cls.jpg');
  await sees(page, /^class [01]$/);
  // With its metadata, the model says it.
  await drop(page, [...files, 'test/data/teachable/metadata.json']);
  await range.waitFor({ state: 'detached' });
});
