import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { media, oldFfmpeg, trueTimes } from '../support/media.ts';
import { button, choose, count, demoPage, labelled, open, problem } from './page.ts';
import { parse } from 'csv-parse/sync';

demoPage();

/** The file that the page saves when a button is pressed. */
async function given(page: Page, name: RegExp): Promise<{ name: string; path: string; text: string }> {
  const [download] = await Promise.all([page.waitForEvent('download'), button(page, name).click()]);
  const path = await download.path();
  return { name: download.suggestedFilename(), path, text: readFileSync(path, 'utf8') };
}

/** The page after it has labelled all 12 frames of a clip. */
async function done(): Promise<Page> {
  const page = await open();
  await page.getByLabel('Pace').selectOption('every');
  await page.getByLabel('repeat from the start').uncheck();
  const clip = media('twelve.mp4', '-f lavfi -i testsrc=size=64x48:rate=10:duration=1.2 -pix_fmt yuv420p');
  await page.locator('input[type=file]').setInputFiles(clip);
  await page.getByRole('status').filter({ hasText: 'Stopped after 12 labelled frames' }).waitFor({ timeout: 110_000 });
  return page;
}

it('disables all downloads before the first run', async () => {
  const page = await open();
  for (const name of [/^NDJSON/, /^CSV/, /^WebVTT/, /^Trace/, /^Record/]) {
    expect(await button(page, name).isDisabled()).toBe(true);
  }
});

it('saves the labels of the same frames as NDJSON, CSV and WebVTT', async () => {
  const page = await done();
  const ndjson = await given(page, /^NDJSON/);
  const lines = ndjson.text
    .trim()
    .split('\n')
    .map(
      (line) => JSON.parse(line) as { seq: number; timestamp: number; source: string; classes: { label: string }[] },
    );
  expect(ndjson.name).toBe('labels.ndjson');
  expect(lines.map(({ seq, timestamp, source }) => [seq, timestamp, source])).toEqual(
    Array.from({ length: 12 }, (_, i) => [i, i * 100_000, 'twelve.mp4']),
  );
  const csv = await given(page, /^CSV/);
  const rows: Record<string, string>[] = parse(csv.text, { columns: true, bom: true });
  expect(csv.name).toBe('labels.csv');
  expect(rows.length).toBe(60);
  expect(rows.filter(({ rank }) => rank === '1').map(({ label }) => label)).toEqual(
    lines.map(({ classes }) => classes[0]?.label),
  );
  const vtt = await given(page, /^WebVTT/);
  expect(vtt.name).toBe('labels.vtt');
  // Read by the browser's own parser, in a page whose policy allows it.
  const blank = await page.context().newPage();
  const cues = await blank.evaluate(async (text) => {
    const video = document.createElement('video');
    const track = Object.assign(document.createElement('track'), {
      src: URL.createObjectURL(new Blob([text], { type: 'text/vtt' })),
      kind: 'captions',
    });
    video.append(track);
    track.track.mode = 'hidden';
    await new Promise((resolve) => track.addEventListener('load', resolve));
    return [...(track.track.cues ?? [])].map(({ startTime, endTime }) => [startTime, endTime]);
  }, vtt.text);
  expect([cues[0]?.[0], cues.at(-1)?.[1]]).toEqual([0, 1.2]);
});

it('saves a trace with every stage of every frame', async () => {
  const page = await done();
  const { name, text } = await given(page, /^Trace/);
  expect(name).toBe('trace.json');
  const { traceEvents } = JSON.parse(text) as { traceEvents: { ph: string; name: string; dur?: number }[] };
  const slices = traceEvents.filter(({ ph }) => ph === 'X');
  for (const stage of ['preprocess', 'c1', 'softmax', 'classify']) {
    expect(slices.filter((slice) => slice.name === stage).length).toBe(12);
  }
  expect(slices.filter((slice) => slice.name === 'wait').length).toBe(12);
});

it('records a video with the labels on it that ffmpeg can decode', async () => {
  const page = await open();
  await button(page, 'Sample clip').click();
  await labelled(page, 1);
  await button(page, /^Record/).click();
  await button(page, /^Stop and save/)
    .filter({ hasText: /[2-9] s so far/ })
    .waitFor({ timeout: 110_000 });
  const { name, path } = await given(page, /^Stop and save/);
  expect(name).toMatch(/^sluice\.(webm|mp4)$/);
  const decoded = spawnSync(oldFfmpeg, ['-i', path, '-f', 'null', '-'], { encoding: 'utf8' });
  expect([decoded.status, decoded.stderr]).toEqual([0, expect.stringMatching(/Video: (vp8|vp9|h264).* 640x360/)]);
  const times = trueTimes(path);
  expect(times.length).toBeGreaterThan(5);
  expect([times[0], times.every((time, i) => i === 0 || time > (times[i - 1] ?? time))]).toEqual([0, true]);
  await button(page, /^Record/).waitFor();
});

it('saves the recording when the run ends, and can start another', async () => {
  const page = await open();
  await button(page, 'Sample clip').click();
  await labelled(page, 1);
  for (let i = 0; i < 2; i++) {
    await button(page, /^Record/).click();
    await labelled(page, (await count(page, 'labelled')) + 5);
    const [download] = await Promise.all([page.waitForEvent('download'), button(page, /^Stop$/).click()]);
    expect(readFileSync(await download.path()).length).toBeGreaterThan(1000);
    await button(page, /^Start$/).click();
    await labelled(page, 1);
  }
});

it('reports that WebVTT is not for several pictures', async () => {
  const page = await open();
  await page.getByLabel('repeat from the start').uncheck();
  await page.getByLabel('Pace').selectOption('every');
  await choose(page, 'test/data/squirrel_cls.jpg', 'docs/pictures/photo.png');
  await page.getByRole('status').filter({ hasText: 'Stopped after 2 labelled frames' }).waitFor({ timeout: 110_000 });
  await button(page, /^WebVTT/).click();
  await problem(page).filter({ hasText: 'webvtt' }).waitFor();
});
