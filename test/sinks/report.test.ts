import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportHtml, RunRecorder, type RunRecord } from 'sluice/node';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../scripts/find-chromium.ts';
import { printable } from '../../src/sinks/formats/invisible.ts';
import { writeWith } from '../support/media.ts';
import { NASTY, resultOf } from '../support/results.ts';

const END = { elapsedSeconds: 4, engine: 'wasm (the fastest)', frames: { decoded: 10, failed: 0 } };

function recorded(
  fill: (recorder: RunRecorder) => void,
  end: Partial<Parameters<RunRecorder['record']>[0]> = {},
): RunRecord {
  const recorder = new RunRecorder();
  fill(recorder);
  return recorder.record({ ...END, ...end });
}

describe('RunRecorder', () => {
  it('gathers segments, frames and times of each file', () => {
    const { files, frames } = recorded((recorder) => {
      for (const [seq, label] of ['cat', 'cat', 'dog'].entries()) recorder.take(resultOf(seq, label));
      recorder.take({ ...resultOf(0, 'cat'), source: 'b.jpg' });
      recorder.failed('c.mp4', 'no such file');
      recorder.failed('clip.mp4', 'it breaks off');
    });
    expect(frames).toEqual({ decoded: 10, failed: 0, labelled: 4 });
    expect(files).toMatchObject([
      {
        source: 'clip.mp4',
        frames: 3,
        start: 0,
        end: 120_000,
        error: 'it breaks off',
        segments: [
          { label: 'cat', start: 0, end: 80_000 },
          { label: 'dog', start: 80_000, end: 120_000 },
        ],
      },
      { source: 'b.jpg', frames: 1, start: 0, end: 0, segments: [{ label: 'cat' }] },
      { source: 'c.mp4', frames: 0, error: 'no such file', segments: [] },
    ]);
  });

  it('keeps no more than can be seen, and says so', () => {
    const { files, throughput } = recorded((recorder) => {
      for (let seq = 0; seq < 3000; seq++) {
        recorder.take(resultOf(seq, seq % 2 === 0 ? 'cat' : 'dog'));
        recorder.sample(seq / 1000, seq);
      }
    });
    expect([files[0]?.segments.length, files[0]?.omitted, files[0]?.frames]).toEqual([500, 2500, 3000]);
    expect(throughput.length).toBeLessThan(520);
    expect(throughput.at(-1)).toEqual({ seconds: 4, frames: 3000 });
    const seconds = throughput.map((sample) => sample.seconds);
    expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
  });

  it('is plain JSON', () => {
    const record = recorded((recorder) => recorder.take(resultOf(0, 'cat')));
    expect(JSON.parse(JSON.stringify(record))).toEqual(record);
  });
});

describe('reportHtml, in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    const executablePath = findChromium();
    browser = await chromium.launch({ args: [...CHROMIUM_ARGUMENTS], ...(executablePath ? { executablePath } : {}) });
  });
  afterAll(() => browser.close());

  /** Opens a report; whatever goes wrong in it, or is asked for over the network, is collect. */
  async function open(
    record: RunRecord,
    viewport = { width: 1000, height: 800 },
  ): Promise<{ page: Page; wrong: string[] }> {
    const page = await browser.newPage({ viewport });
    const wrong: string[] = [];
    const file = writeWith('report.html', reportHtml(record));
    page.on('pageerror', (error) => wrong.push(error.message));
    page.on('console', (message) => wrong.push(message.text()));
    page.on('dialog', (dialog) => void dialog.dismiss().then(() => wrong.push('a dialog')));
    page.on('request', (request) => {
      if (request.url() !== pathToFileURL(file).href) wrong.push(request.url());
    });
    await page.goto(pathToFileURL(file).href);
    return { page, wrong };
  }

  it('shows what the run did, and asks for nothing else', async () => {
    const { page, wrong } = await open(
      recorded(
        (recorder) => {
          for (let seq = 0; seq < 100; seq++) {
            recorder.take(resultOf(seq, seq < 75 ? 'cat' : 'dog'));
            recorder.sample(seq / 25, seq + 1);
          }
          recorder.failed('c.mp4', 'no such file');
        },
        {
          time: [
            { what: 'network', seconds: 3 },
            { what: 'write', seconds: 1 },
          ],
          stages: [{ stage: 'conv0', p50: 1, p95: 2, share: 1 }],
        },
      ),
    );
    const text = await page.innerText('body');
    for (const shown of [
      'wasm (the fastest)',
      '1 failed',
      'no such file',
      '25 frames/s',
      'network',
      '75.0 %',
      'conv0',
      '2.000',
      'cat 75 %',
    ]) {
      expect(text.replaceAll(/\s+/g, ' ')).toContain(shown);
    }
    expect(await page.locator('#throughput canvas').count()).toBe(1);
    const widths = await page
      .locator('.lane i')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().width));
    expect((widths[0] ?? 0) / (widths[1] ?? 1)).toBeCloseTo(3, 1);
    expect(wrong).toEqual([]);
    await page.close();
  });

  it('takes every name, label and reason as text', async () => {
    const nasty = [...NASTY.slice(0, -1), '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)", '<!--', ']]>'];
    const { page, wrong } = await open(
      recorded(
        (recorder) => {
          for (const text of nasty) {
            recorder.take({ ...resultOf(0, text), source: text });
            recorder.failed(text, text);
          }
        },
        {
          engine: '<b>',
          time: [{ what: '<i>', seconds: 1 }],
          stages: [{ stage: '</table>', p50: 1, p95: 1, share: 1 }],
        },
      ),
    );
    const cells = await page.locator('td.name').evaluateAll((all) => all.map((one) => one.textContent));
    // Invisible characters are escaped, so that they are seen.
    expect(cells).toEqual(nasty.flatMap((text) => [text, text]).map(printable));
    const names = await page.locator('h3 > bdi').evaluateAll((all) => all.map((one) => one.textContent));
    expect(names).toEqual(nasty.map(printable));
    const titles = await page.locator('.lane i').evaluateAll((all) => all.map((one) => one.getAttribute('title')));
    expect(titles).toHaveLength(nasty.length);
    expect(await page.locator('img, b, body > i, script').count()).toBe(2);
    expect(wrong).toEqual([]);
    await page.close();
  });

  it('is whole without any file, and with files that all failed', async () => {
    for (const record of [
      recorded(() => undefined, { elapsedSeconds: 0, frames: { decoded: 0, failed: 0 } }),
      recorded((recorder) => recorder.failed('a.mp4', 'no such file')),
    ]) {
      const { page, wrong } = await open(record);
      expect(await page.innerText('body')).not.toMatch(/NaN|Infinity|undefined/);
      expect(wrong).toEqual([]);
      await page.close();
    }
  });

  it('fits a phone, also with names without a space', async () => {
    const name = `${'x'.repeat(300)}.mp4`;
    const record = recorded((recorder) => {
      recorder.take({ ...resultOf(0, 'y'.repeat(300)), source: name });
      recorder.failed('z'.repeat(300), 'w'.repeat(300));
    });
    const { page } = await open(record, { width: 360, height: 700 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await page.close();
  });

  it('stays small with many files', () => {
    const record = recorded((recorder) => {
      for (let i = 0; i < 3000; i++) {
        recorder.take({ ...resultOf(0, 'cat'), source: `clip ${i}.mp4` });
        recorder.failed(`bad ${i}.mp4`, 'no such file');
      }
    });
    const html = reportHtml(record);
    expect(html.length).toBeLessThan(500_000);
    expect(html).toContain('and 2,000 more');
    expect(html).toContain('and 2,800 more files');
  });
});
