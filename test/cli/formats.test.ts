import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { parse as parseCsv } from 'csv-parse/sync';
import { readParquet } from 'parquet-wasm/node';
import { describe, expect, it } from 'vitest';
import { NETWORK } from '../support/clips.ts';
import { scratch, trueTimes } from '../support/media.ts';
import { classify, ffmpegsOf, parse, Running, sample, sluice, squirrel, tiny, untilGone } from '../support/sluice.ts';

const quiet = ['--quiet', '--top', '2', ...NETWORK];

/** The same run as NDJSON, to compare with. */
const reference = classify([...quiet, '--every', '2', tiny()]);
const expected = async () =>
  (await reference).lines.flatMap(({ source, seq, timestamp, classes }) =>
    classes.map(({ index, label, score }, i) => ({ source, seq, timestamp, rank: i + 1, index, label, score })),
  );

describe('--format', () => {
  it('csv has the numbers of NDJSON', async () => {
    const { code, stdout } = await sluice(['classify', ...quiet, '--every', '2', '--format', 'csv', tiny()]);
    const rows = parseCsv<Record<string, string>>(stdout, { columns: true });
    const strings = (await expected()).map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)])),
    );
    expect([code, rows]).toEqual([0, strings]);
  });

  it('parquet too, to a file by its ending and to a pipe', async () => {
    const out = path.join(scratch(), 'labels.parquet');
    const { code, stdout } = await sluice(['classify', ...quiet, '--every', '2', '--out', out, tiny()]);
    expect([code, stdout]).toEqual([0, '']);
    const rows = (bytes: Uint8Array) =>
      tableFromIPC(readParquet(bytes).intoIPCStream())
        .toArray()
        .map((row: { toJSON(): Record<string, unknown> }) => ({
          ...row.toJSON(),
          timestamp: Number(row.toJSON()['timestamp']),
        }));
    expect(rows(readFileSync(out))).toEqual(await expected());
    const command = ['sh', '-c', '"$@" | cat > "$0"', `${out}2`, process.execPath] as const;
    const main = path.resolve('dist/cli/main.js');
    await sluice([main, 'classify', ...quiet, '--every', '2', '--format', 'parquet', tiny()], {
      command: [command[0], ...command.slice(1)],
    });
    expect(readFileSync(`${out}2`).equals(readFileSync(out))).toBe(true);
  });

  it('json is one array', async () => {
    const { stdout } = await sluice(['classify', ...quiet, '--every', '2', '--format', 'json', tiny()]);
    expect(JSON.parse(stdout)).toEqual((await reference).lines);
  });

  it('srt is subtitles', async () => {
    const { code, stdout } = await sluice(['classify', '--quiet', '--every', '10', '--format', 'srt', sample]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^1\n00:00:00,000 --> 00:00:\d\d,\d00\nsulphur-crested cockatoo\n\n2\n/);
  });

  it('json of a run that is interrupted is whole', async () => {
    const out = path.join(scratch(), 'labels.json');
    const run = new Running(['classify', ...NETWORK, '--out', out, sample]);
    const temporary = () => readdirSync(path.dirname(out)).find((name) => name.endsWith('.tmp'));
    await run.until(() => {
      const name = temporary();
      return name !== undefined && readFileSync(path.join(path.dirname(out), name)).length > 1000;
    }, 'results');
    run.child.kill('SIGINT');
    const { code, stderr } = await run.ended;
    expect(code).toBe(130);
    expect(stderr).toContain(`sluice: interrupted: the results so far are in ${out}.partial\n`);
    const kept: unknown[] = JSON.parse(readFileSync(`${out}.partial`, 'utf8'));
    expect(kept.length).toBeGreaterThan(0);
  });

  it('ends quietly when its reader has enough', async () => {
    const command = ['sh', '-c', '"$@" | head -n 2', 'sh', process.execPath, path.resolve('dist/cli/main.js')] as const;
    const { stdout, stderr } = await sluice(['classify', '--quiet', ...NETWORK, '--format', 'csv', sample], {
      command,
    });
    expect(stdout.split('\r\n').length).toBe(3);
    expect(stderr).toBe('');
  });
});

describe("--out '{dir}/{name}.{ext}'", () => {
  it('is a file for each input, and none for one that cannot be read', async () => {
    const folder = scratch();
    const { code, stdout, stderr } = await sluice([
      'classify',
      '--quiet',
      '--every',
      '5',
      '--out',
      `${folder}/sub/{file}.{ext}`,
      '--format',
      'csv',
      tiny(),
      '/none.mp4',
      squirrel,
    ]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('/none.mp4');
    expect(readdirSync(path.join(folder, 'sub')).toSorted()).toEqual(['squirrel_cls.jpg.csv', 'tiny.mp4.csv']);
    expect(readFileSync(path.join(folder, 'sub/squirrel_cls.jpg.csv'), 'utf8')).toContain('fox squirrel');
  });

  it('is refused where two inputs would share one: exit code 2, and nothing is run', async () => {
    const folder = scratch();
    const { code, stderr } = await sluice(['classify', '--out', `${folder}/x.{ext}`, tiny(), squirrel]);
    expect([code, readdirSync(folder)]).toEqual([2, []]);
    expect(stderr).toMatch(/^sluice: error: [^\n]+ would both be written to [^\n]+\n$/);
  });

  it('is refused where a name would lead out of its folder', async () => {
    const folder = scratch();
    const { code, stderr } = await sluice(['classify', '--out', `${folder}/{dir}/x.csv`, '../../../../../../x.mp4']);
    expect([code, readdirSync(folder)]).toEqual([2, []]);
    expect(stderr).toContain('which is outside');
  });
});

describe('--per', () => {
  it('file is the mean over all its frames of every class', async () => {
    const all = parse((await sluice(['classify', '--quiet', '--top', '1000', '--every', '2', tiny()])).stdout);
    const means = new Map<string, number>();
    for (const { classes } of all) {
      for (const { label, score } of classes) means.set(label, (means.get(label) ?? 0) + score / all.length);
    }
    const [file] = parse(
      (await sluice(['classify', '--quiet', '--top', '2', '--every', '2', '--per', 'file', tiny()])).stdout,
    );
    expect(file).toMatchObject({ seq: 0, timestamp: 0, end: 1_000_000, frames: 5 });
    expect(file?.classes.length).toBe(2);
    const [best] = [...means].toSorted(([, a], [, b]) => b - a);
    expect(file?.classes[0]?.label).toBe(best?.[0]);
    // What is under 0.001 counts as 0.
    expect(Math.abs((file?.classes[0]?.score ?? 0) - (best?.[1] ?? 1))).toBeLessThan(0.001);
  });

  it('second has a row for each, with how many frames', async () => {
    const { stdout } = await sluice([
      'classify',
      '--quiet',
      ...NETWORK,
      '--every',
      '10',
      '--top',
      '1',
      '--per',
      'second',
      '--format',
      'csv',
      sample,
    ]);
    const rows = parseCsv<Record<string, string>>(stdout, { columns: true });
    expect(rows.map(({ timestamp, end, frames }) => [timestamp, end, frames].map(Number))).toEqual(
      Array.from({ length: 14 }, (_, i) => [i * 1e6, (i + 1) * 1e6, 2]),
    );
  });

  it('takes no timings, and no other word', async () => {
    expect((await sluice(['classify', '--per', 'file', '--timings', squirrel])).code).toBe(2);
    expect((await sluice(['classify', '--per', 'minute', squirrel])).code).toBe(2);
  });
});

describe('--annotate', () => {
  const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

  it('is a copy of the video with labels, beside the results', async () => {
    const folder = scratch();
    const out = path.join(folder, 'labelled.mp4');
    const { code, lines, stderr } = await classify(['--quiet', ...NETWORK, '--annotate', out, '--per', 'file', tiny()]);
    expect([code, lines.length, stderr]).toEqual([0, 1, '']);
    expect(trueTimes(out)).toEqual(trueTimes(tiny()));
    expect(readdirSync(folder)).toEqual(['labelled.mp4']);
  });

  it.each([
    ['SIGKILL', null, [expect.stringMatching(/^labelled\.mp4\..+\.tmp$/)]],
    ['SIGINT', 130, []],
  ] as const)('a run that is ended by %s leaves nothing under its name', async (signal, exit, left) => {
    const folder = scratch();
    const run = new Running([
      'classify',
      '--quiet',
      ...NETWORK,
      '--annotate',
      path.join(folder, 'labelled.mp4'),
      sample,
    ]);
    // An empty one is there for a moment when the run begins, to see whether it may write.
    const begun = () => readdirSync(folder).some((name) => sizeOf(path.join(folder, name)) > 0);
    await run.until(begun, 'a video that has begun');
    const ffmpegs = ffmpegsOf(run.pid);
    run.child.kill(signal);
    expect((await run.ended).code).toBe(exit);
    await untilGone(ffmpegs, 20);
    expect(readdirSync(folder)).toEqual(left);
  });

  it('that cannot be written is one error, and nothing is left', async () => {
    const folder = scratch();
    const command = [
      'sh',
      '-c',
      'ulimit -f 4; exec "$@"',
      'sh',
      process.execPath,
      path.resolve('dist/cli/main.js'),
    ] as const;
    const { code, stderr } = await sluice(
      ['classify', '--quiet', ...NETWORK, '--annotate', path.join(folder, 'x.mp4'), sample],
      {
        command,
      },
    );
    expect(stderr).toMatch(/^sluice: error: cannot write [^\n]+x\.mp4: [^\n]+\n$/);
    expect([code, readdirSync(folder)]).toEqual([1, []]);
  });
});

it('batch annotates each of many too, with results to stdout or to a file', async () => {
  const other = path.join(scratch(), 'other.mp4');
  copyFileSync(tiny(), other);
  const inputs = [tiny(), other];
  for (const out of ['-', path.join(scratch(), 'labels.ndjson')]) {
    const folder = scratch();
    const options = ['--quiet', ...NETWORK, '--out', out, '--annotate', `${folder}/{name}.{ext}`];
    const { code, stderr } = await sluice(['batch', ...options, ...inputs]);
    expect([code, stderr, readdirSync(folder).toSorted()]).toEqual([0, '', ['other.mp4', 'tiny.mp4']]);
    for (const name of readdirSync(folder)) expect(trueTimes(path.join(folder, name))).toEqual(trueTimes(tiny()));
  }
});

describe('--report', () => {
  it('is a page about the run, also of what failed', async () => {
    const folder = scratch();
    const page = path.join(folder, 'report.html');
    const { code } = await classify(['--quiet', ...NETWORK, '--every', '5', '--report', page, tiny(), '/none<b>.mp4']);
    expect([code, readdirSync(folder)]).toEqual([1, ['report.html']]);
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('<td class="name">/none&lt;b&gt;.mp4</td>');
    expect(html).toContain('tiny.mp4</bdi> <span class="soft">2 frames</span>');
    expect(html).not.toContain('/none<b>');
  });

  it('that cannot be written is one error before anything is read; an input is refused', async () => {
    const bad = await sluice(['classify', '--report', '/none/report.html', tiny()]);
    expect([bad.code, bad.stdout]).toEqual([1, '']);
    expect(bad.stderr).toMatch(/^sluice: error: cannot write \/none\/report\.html: [^\n]+\n$/);
    const copy = path.join(scratch(), 'x.jpg');
    copyFileSync(squirrel, copy);
    expect((await sluice(['classify', '--report', copy, copy])).code).toBe(2);
    expect(readFileSync(copy).equals(readFileSync(squirrel))).toBe(true);
  });
});

it('parquet is not written on a terminal', () => {
  const main = path.resolve('dist/cli/main.js');
  const command = `${process.execPath} ${main} classify --format parquet ${squirrel}`;
  const { status, stdout } = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8' });
  expect([status, stdout]).toEqual([2, expect.stringContaining('parquet is a binary format')]);
});

it('batch writes the same, a file for each input too, and none for one that cannot be read', async () => {
  const [one, two] = [scratch(), scratch()];
  const options = (folder: string) => ['--quiet', ...NETWORK, '--per', 'second', '--out', `${folder}/{name}.csv`];
  const inputs = [tiny(), '/none.mp4', squirrel];
  const ended = [
    await sluice(['classify', ...options(one), ...inputs]),
    await sluice(['batch', ...options(two), ...inputs]),
  ];
  expect(ended.map(({ code }) => code)).toEqual([1, 1]);
  const files = readdirSync(one).toSorted();
  expect(files).toEqual(['squirrel_cls.csv', 'tiny.csv']);
  // The job is kept: it goes on when the input that is missing is there.
  expect(readdirSync(two).toSorted()).toEqual(['sluice-batch.job', ...files]);
  for (const file of files) {
    expect(readFileSync(path.join(two, file), 'utf8')).toBe(readFileSync(path.join(one, file), 'utf8'));
  }
});
