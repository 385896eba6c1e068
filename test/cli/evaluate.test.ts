import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Evaluation } from 'sluice';
import { describe, expect, it } from 'vitest';
import { enlarged, mnistDigits, photo } from '../support/handwriting.ts';
import { scratch } from '../support/media.ts';
import { Running, sluice, squirrel, tiny, untilGone } from '../support/sluice.ts';

/** A folder of photographed digits: those of MNIST's test set with these numbers, two of each kind. */
function digits(numbers: readonly number[], labelOf = (digit: number) => `${digit}`): string {
  const folder = scratch();
  for (const number of numbers) {
    const digit = Math.floor(number / 2);
    const { width, height, data } = photo(enlarged(mnistDigits()[number] as Uint8Array, 4), {
      width: 180,
      height: 140,
    });
    const file = path.join(folder, labelOf(digit), `${number}.ppm`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, Buffer.concat([Buffer.from(`P6 ${width} ${height} 255\n`), new Uint8Array(data)]));
  }
  return folder;
}
const LENET = ['--model', 'lenet5', '--workers', '1', '--engine', 'cpu'] as const;
const evaluated = (data: string, ...more: readonly string[]) => sluice(['evaluate', '--data', data, ...LENET, ...more]);

describe.concurrent('sluice evaluate', () => {
  it('prints how many are right, each class and the confusions', async () => {
    const { code, stdout } = await evaluated(digits([0, 1, 2, 3, 6, 7]), '--quiet');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^accuracy +1\.000 {2}\(95 % interval: 1\.000 to 1\.000\)$/m);
    expect(stdout).toMatch(/^among the best 5 +1\.000/m);
    expect(stdout).toMatch(/^measured on +6 frames of 6 files$/m);
    expect(stdout).toMatch(/^3 +2 +1\.000 +1\.000 +1\.000$/m);
    expect(stdout).toContain('no class is taken for another one');
  });

  it('finds confusions: 1 in the folder of 7, as text, JSON, page and picture', async () => {
    const data = digits([0, 2, 14, 15]);
    const file = path.join(data, '7', 'wrong.ppm');
    copyFileSync(path.join(data, '1', '2.ppm'), file);
    const [report, confusion] = [path.join(scratch(), 'r.html'), path.join(scratch(), 'c.svg')];
    const out = ['--format', 'json', '--report', report, '--confusion', confusion];
    const { code, stdout } = await evaluated(data, '--quiet', ...out);
    expect(code).toBe(0);
    const evaluation = JSON.parse(stdout) as Evaluation & { failedFiles: number };
    expect(evaluation).toMatchObject({ frames: 5, sources: 5, failedFiles: 0, accuracy: { value: 0.8 } });
    expect(evaluation.confusion[7]?.[1]).toBe(1);
    expect(evaluation.mistakes).toMatchObject([{ source: file, target: 7, predicted: 1 }]);
    const page = readFileSync(report, 'utf8');
    expect(page).toContain('<b>7</b>, taken for <b class="bad">1</b>');
    expect(page).toContain('<img src="data:image/bmp;base64,');
    expect(page.match(/https?:\/\/(?!www\.w3\.org)/g)).toBeNull();
    const svg = readFileSync(confusion, 'utf8');
    expect(svg).toContain('<title>7, taken for 1: 1 of 3</title>');
    expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true);
  });

  it('takes a CSV file, names what it can not read, and counts it', async () => {
    const data = digits([0, 2]);
    writeFileSync(path.join(data, 'broken.jpg'), 'no picture');
    const list = path.join(data, 'list.csv');
    writeFileSync(list, 'path,label\n0/0.ppm,0\n1/2.ppm,1\nbroken.jpg,1\ngone.jpg,0\n');
    const { code, stdout, stderr } = await evaluated(list);
    expect(code).toBe(1);
    expect(stdout).toMatch(/measured on +2 frames of 2 files/);
    expect(stderr).toMatch(/warning: left out: .*broken\.jpg/);
    expect(stderr).toContain('left out 1 file that does not exist: ');
  });

  it('measures frames of videos, and draws whole videos for the interval', async () => {
    const folder = scratch();
    for (const name of ['fox squirrel', 'goldfish']) mkdirSync(path.join(folder, name));
    copyFileSync(squirrel, path.join(folder, 'fox squirrel', 'a.jpg'));
    symlinkSync(tiny(), path.join(folder, 'goldfish', 'b.mp4'));
    const { code, stdout } = await sluice([
      'evaluate',
      '--data',
      folder,
      '--quiet',
      '--every',
      '2',
      '--format',
      'json',
      '--workers',
      '1',
    ]);
    expect(code).toBe(0);
    const { resampled, sources, frames, classes, calibrationError } = JSON.parse(stdout) as Evaluation;
    expect({ resampled, sources }).toEqual({ resampled: 'sources', sources: 2 });
    expect(frames).toBeGreaterThan(2);
    expect(classes.filter(({ frames: shown }) => shown > 0).map(({ label }) => label)).toEqual([
      'goldfish',
      'fox squirrel',
    ]);
    expect(calibrationError).toBeGreaterThan(0);
  });

  it.each<[string, readonly string[] | ((data: string) => readonly string[]), string]>([
    ['no --data', [], "required option '--data <folder|csv>' not specified"],
    ['a folder that does not exist', ['--data', '/no/such/folder'], 'there is no such folder or file: give a folder'],
    [
      'a model that does not exist',
      (data) => ['--data', data, '--model', 'nothing'],
      'no model and no file is called nothing',
    ],
    [
      'an end before the start',
      (data) => ['--data', data, '--start', '5', '--end', '3'],
      '--start 5 must be before --end 3',
    ],
    [
      'an unknown format',
      (data) => ['--data', data, '--format', 'xml'],
      "'xml' is invalid. Allowed choices are text, json",
    ],
  ])('%s is wrong usage', async (_, args, message) => {
    const { code, stdout, stderr } = await sluice([
      'evaluate',
      ...(typeof args === 'function' ? args(digits([0, 2])) : args),
    ]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it('names the classes that the model does not know', async () => {
    const data = digits([0, 2, 4], (digit) => ['zero', '1', 'two'][digit] ?? '');
    const { code, stderr } = await evaluated(data);
    expect(code).toBe(2);
    expect(stderr).toContain('has classes that lenet5 does not know: two, zero. Name them as the model does: 0, 1, 2');
  });

  it('refuses a path that can not be written before anything is computed, and leaves no file', async () => {
    const data = digits([0, 2]);
    const { code, stdout, stderr } = await evaluated(data, '--report', path.join(data, 'no', 'r.html'));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/cannot write .*r\.html/);
    expect(stderr).not.toContain('files');
    expect(readdirSync(data)).toEqual(['0', '1']);
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const data = digits(Array.from({ length: 20 }, (_, i) => i));
    const report = path.join(data, 'r.html');
    const running = new Running(['evaluate', '--data', data, ...LENET, '--report', report]);
    // The page is opened when the work begins.
    await running.until(() => readdirSync(data).some((name) => name.startsWith('r.html')), 'a page');
    process.kill(running.pid, 'SIGINT');
    expect(await running.ended).toMatchObject({ code: 130 });
    await untilGone([running.pid], 20);
    expect(readdirSync(data).filter((name) => !/^\d$/.test(name))).toEqual([]);
    expect(existsSync(report)).toBe(false);
  });
});
