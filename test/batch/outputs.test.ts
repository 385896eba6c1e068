import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  errorsIn,
  ffmpegsOf,
  main,
  parse,
  Running,
  sample,
  sluice,
  squirrel,
  tiny,
  untilGone,
} from '../support/sluice.ts';
import { scratch, trueTimes } from '../support/media.ts';
import { long, NETWORK, placed, stream } from '../support/clips.ts';
import { below } from '../support/below.ts';
import { partsIn, untilAllGone } from '../support/kills.ts';

const linux = process.platform === 'linux';
/** One worker starts sooner than two. */
const options = (...more: readonly string[]) => ['batch', '--quiet', '--workers', '1', ...NETWORK, ...more];
const batch = (...more: readonly string[]) => sluice(options(...more));

/** Of the page: how many files, and how many labelled frames each had. */
function pageOf(file: string): { title: string; files: Record<string, number>; failed: string[] } {
  const html = readFileSync(file, 'utf8');
  expect(html.endsWith('</html>\n')).toBe(true);
  const lanes = [...html.matchAll(/([^<>]+)<\/bdi> <span class="soft">([\d,]+) frames?<\/span>/g)];
  return {
    title: /<title>(.*)<\/title>/.exec(html)?.[1] ?? '',
    files: Object.fromEntries(
      lanes.map(([, name = '', count = '']) => [path.basename(name), Number(count.replace(',', ''))]),
    ),
    failed: [...html.matchAll(/<tr><td class="name">([^<]*)<\/td>/g)].map(([, name = '']) => path.basename(name)),
  };
}

describe('a batch of many files, one of them broken, with everything that can be written', { timeout: 120_000 }, () => {
  it.each([1, 2])('is all of it, of the others, with %i workers', async (workers) => {
    const [folder, outs] = [scratch(), scratch()];
    const [good, other] = [path.join(folder, 'good.mp4'), path.join(folder, 'sub/other.mp4')];
    mkdirSync(path.dirname(other));
    copyFileSync(tiny(), good);
    copyFileSync(sample, other);
    const broken = path.join(folder, 'broken.mp4');
    writeFileSync(broken, readFileSync(sample).subarray(0, 5000));
    const page = path.join(outs, 'report.html');
    const { code, stdout, stderr } = await batch(
      ...['--workers', String(workers), '--report', page],
      ...['--out', '{dir}/{name}.{ext}', '--format', 'csv', '--annotate', `${outs}/{name}-labels.{ext}`],
      ...[good, broken, other],
    );
    expect([code, stdout, errorsIn(stderr).length, stderr.split('\n').length]).toEqual([1, '', 1, 2]);
    expect(stderr).toContain(broken);
    expect((readdirSync(folder, { recursive: true }) as string[]).toSorted()).toEqual(
      ['broken.mp4', 'good.csv', 'good.mp4', 'sub', 'sub/other.csv', 'sub/other.mp4'].map((name) =>
        path.normalize(name),
      ),
    );
    expect(readFileSync(path.join(folder, 'good.csv'), 'utf8').split('\r\n').length).toBe(1 + 10 * 5 + 1);
    expect(readdirSync(outs).toSorted()).toEqual(['good-labels.mp4', 'other-labels.mp4', 'report.html']);
    expect(trueTimes(path.join(outs, 'good-labels.mp4'))).toEqual(trueTimes(good));
    expect(trueTimes(path.join(outs, 'other-labels.mp4')).length).toBe(280);
    expect(pageOf(page)).toMatchObject({
      title: 'sluice: 3 files, 290 frames',
      files: { 'good.mp4': 10, 'other.mp4': 280 },
      failed: ['broken.mp4'],
    });
  });

  it('leaves what was there of a run in which nothing could be read, but tells of it', async () => {
    const folder = scratch();
    const [video, page] = [path.join(folder, 'x.mp4'), path.join(folder, 'report.html')];
    writeFileSync(video, 'old');
    const broken = placed('broken.mp4', 'no video');
    const { code } = await batch('--annotate', video, '--report', page, broken);
    expect([code, readFileSync(video, 'utf8'), readdirSync(folder)]).toEqual([1, 'old', ['report.html', 'x.mp4']]);
    expect(pageOf(page).failed).toEqual(['broken.mp4']);
  });
});

describe('--report of a batch', { timeout: 120_000 }, () => {
  it.skipIf(!linux)('is written at the end only, also by a run that goes on after a kill, of all frames', async () => {
    const folder = scratch();
    const [out, page] = [path.join(folder, 'all.ndjson'), path.join(folder, 'report.html')];
    writeFileSync(page, 'old');
    const args = options('--out', out, '--report', page, long(), stream(), squirrel);
    for (const signal of ['SIGKILL', 'SIGINT'] as const) {
      const run = new Running(args);
      const enough = partsIn(`${out}.job`) + 1;
      await run.until(() => partsIn(`${out}.job`) >= enough, 'another part');
      const processes = below(run.pid);
      run.child.kill(signal);
      await untilAllGone(run, processes);
      expect([readFileSync(page, 'utf8'), readdirSync(folder).toSorted()]).toEqual([
        'old',
        ['all.ndjson.job', 'report.html'],
      ]);
    }
    expect(await sluice(args)).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(readdirSync(folder).toSorted()).toEqual(['all.ndjson', 'report.html']);
    expect(pageOf(page)).toEqual({
      title: 'sluice: 3 files, 801 frames',
      files: { [path.basename(long())]: 500, [path.basename(stream())]: 300, [path.basename(squirrel)]: 1 },
      failed: [],
    });
  });

  it.each([
    ['in a folder that is not there', () => '/none/report.html'],
    ['that is a folder', () => scratch()],
    ['below a file', () => path.join(placed('file', ''), 'report.html')],
    [
      'that is a link to nothing',
      () => {
        const link = path.join(scratch(), 'report.html');
        symlinkSync('/none/report.html', link);
        return link;
      },
    ],
  ])('%s is one error before anything is read', async (_, page) => {
    const out = path.join(scratch(), 'all.ndjson');
    const { code, stdout, stderr } = await batch('--report', page(), '--out', out, tiny());
    expect([code, stdout, readdirSync(path.dirname(out))]).toEqual([1, '', []]);
    expect(stderr).toMatch(/^sluice: error: cannot write [^\n]+\n$/);
  });

  it.each([
    ['an input', (file: string) => file],
    ['stdout', () => '-'],
    ['no name', () => ''],
    [
      '--out by another name',
      (file: string) => path.join(path.dirname(file), '../', path.basename(path.dirname(file)), 'out.csv'),
    ],
    ['an annotated video', (file: string) => path.join(path.dirname(file), 'video.mp4')],
  ])('as %s is wrong usage', async (_, page) => {
    const file = path.join(scratch(), 'tiny.mp4');
    copyFileSync(tiny(), file);
    const [out, video] = ['out.csv', 'video.mp4'].map((name) => path.join(path.dirname(file), name));
    const { code, stderr } = await batch('--out', out ?? '', '--annotate', video ?? '', '--report', page(file), file);
    expect([code, readdirSync(path.dirname(file))]).toEqual([2, ['tiny.mp4']]);
    expect(errorsIn(stderr).length).toBe(1);
  });

  it.skipIf(!linux)(
    'that finds the disk full costs nothing: the results are there, the same command goes on',
    async () => {
      const folder = scratch();
      const out = path.join(folder, 'all.ndjson');
      const { code, stderr } = await batch('--out', out, '--report', '/dev/full', tiny());
      expect([code, errorsIn(stderr)]).toEqual([1, [expect.stringContaining('cannot write /dev/full')]]);
      expect(stderr).toContain(`the finished work is kept in ${out}.job`);
      expect(readdirSync(folder).toSorted()).toEqual(['all.ndjson', 'all.ndjson.job']);
      const before = readFileSync(out, 'utf8');
      expect(await batch('--out', out, tiny())).toMatchObject({ code: 0, stderr: '' });
      expect([readFileSync(out, 'utf8') === before, readdirSync(folder)]).toEqual([true, ['all.ndjson']]);
    },
  );

  it('with --progress json is silent about it, and the same', async () => {
    const page = path.join(scratch(), 'report.html');
    const { code, stderr } = await sluice([...['batch', ...NETWORK, '--progress', 'json', '--report', page], tiny()]);
    expect(code).toBe(0);
    for (const line of stderr.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('type');
    expect(pageOf(page).files).toEqual({ [path.basename(tiny())]: 10 });
  });
});

describe('--annotate of a batch', { timeout: 120_000 }, () => {
  it.each([
    ['one file', '/none/x.mp4', '/none/x.mp4'],
    ['a template below a file', `${tiny()}/{name}.mp4`, `${tiny()}/`],
  ])('that cannot be written, %s, is one error before anything is read', async (_, annotate, named) => {
    const out = path.join(scratch(), 'all.ndjson');
    const { code, stderr } = await batch('--annotate', annotate, '--out', out, tiny());
    expect([code, errorsIn(stderr)]).toEqual([1, [expect.stringContaining(`cannot write ${named}`)]]);
    expect([stderr.split('\n').length, readdirSync(path.dirname(out))]).toEqual([2, []]);
  });

  it('one video of two files, and what is --out too, are wrong usage', async () => {
    const folder = scratch();
    const video = path.join(folder, 'x.mp4');
    const two = await batch('--annotate', video, tiny(), squirrel);
    const same = await batch('--annotate', `${folder}/{name}.mp4`, '--out', path.join(folder, 'tiny.mp4'), tiny());
    expect([two.code, same.code, readdirSync(folder)]).toEqual([2, 2, []]);
    expect(same.stderr).toContain('--out and --annotate would both be written to');
  });

  it.skipIf(!linux).each([
    ['SIGINT', 130],
    ['SIGKILL', null],
  ] as const)('cut off by %s while it draws leaves nothing under its name, and goes on', async (signal, exit) => {
    const [folder, videos] = [scratch(), scratch()];
    const [out, job] = [path.join(folder, 'all.ndjson'), path.join(folder, 'job')];
    const args = options(
      '--out',
      out,
      '--job',
      job,
      '--every',
      '20',
      '--annotate',
      `${videos}/{name}.mp4`,
      sample,
      tiny(),
    );
    const run = new Running(args);
    await run.until(() => readdirSync(videos).length > 0, 'a video');
    const ffmpegs = ffmpegsOf(run.pid);
    run.child.kill(signal);
    expect((await run.ended).code).toBe(exit);
    await untilGone(ffmpegs, 20);
    expect(readdirSync(videos).filter((name) => name.endsWith('.mp4'))).toEqual([]);
    expect(existsSync(out)).toBe(false);
    if (signal === 'SIGINT') expect([readdirSync(videos), readdirSync(folder)]).toEqual([[], ['job']]);
    expect(await sluice(args)).toMatchObject({ code: 0, stderr: '' });
    expect(parse(readFileSync(out, 'utf8')).length).toBe(14 + 1);
    for (const [name, frames] of [
      ['cockatoo.mp4', 280],
      ['tiny.mp4', 10],
    ] as const)
      expect(trueTimes(path.join(videos, name)).length).toBe(frames);
  });

  it('is made where results are per second too, and of a part of the video', async () => {
    const video = path.join(scratch(), 'x.mp4');
    const { code, stdout } = await batch('--annotate', video, '--per', 'second', '--start', '2', '--end', '4', sample);
    expect([code, parse(stdout).length]).toEqual([0, 2]);
    expect(trueTimes(video).length).toBe(40);
  });
});

it('a reader that has enough is no error of any file', { timeout: 60_000 }, async () => {
  const command = ['sh', '-c', '"$@" | head -n 1', 'sh', process.execPath, main] as const;
  const { stdout, stderr } = await sluice(options('--workers', '2', long(), stream()), { command });
  expect([stdout.split('\n').length, stderr]).toEqual([2, '']);
});
