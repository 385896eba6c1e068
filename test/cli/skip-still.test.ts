import path from 'node:path';
import { readFileSync } from 'node:fs';
import { lastValueFrom, toArray } from 'rxjs';
import { detection, OptionError } from 'sluice';
import { labelFiles, type JobEvent } from 'sluice/node';
import { describe, expect, it } from 'vitest';
import { NETWORK } from '../support/clips.ts';
import { media, scratch } from '../support/media.ts';
import { errorsIn, sluice, squirrel, tiny, type Line } from '../support/sluice.ts';

const ENGINE = ['--engine', 'wasm'];

/** Another picture every four seconds, with noise: 500 frames, 25 a second, a key frame every two seconds. */
const slides = () =>
  media(
    'slides.mp4',
    '-f lavfi -i testsrc2=s=320x240:r=25:d=20 -vf fps=0.25:round=up,fps=25,noise=alls=6:allf=t -t 20 -pix_fmt yuv420p -c:v libx264 -preset ultrafast -g 50',
  );

interface Same extends Line {
  readonly same?: number;
}

const lines = (stdout: string): Same[] =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Same);

const computed = (rows: readonly Same[]) => rows.filter(({ same }) => same === undefined);

describe('--skip-still', { timeout: 120_000 }, () => {
  it('classify labels what has changed, and every other frame as the last of those', async () => {
    const all = lines((await sluice(['classify', '--quiet', ...NETWORK, ...ENGINE, slides()])).stdout);
    const { stdout, stderr, code } = await sluice(['classify', ...NETWORK, ...ENGINE, '--skip-still', '--', slides()]);
    const rows = lines(stdout);
    expect([code, rows.length]).toEqual([0, 500]);
    expect(rows.map(({ seq, timestamp }) => [seq, timestamp])).toEqual(
      all.map(({ seq, timestamp }) => [seq, timestamp]),
    );
    const own = computed(rows);
    expect(own.length).toBeGreaterThan(3);
    expect(own.length).toBeLessThan(8);
    expect(own).toEqual(all.filter(({ seq }) => own.some((one) => one.seq === seq)));
    for (const { seq, same, classes } of rows) {
      const before = own.findLast((one) => one.seq <= seq);
      expect([same ?? seq, classes]).toEqual([before?.seq, before?.classes]);
    }
    expect(stderr).toContain(`500 delivered (${500 - own.length} of them still, not computed)`);
  });

  it('batch gives the same bytes with one worker and with two, and labels the first frame of each part', async () => {
    const common = ['batch', ...NETWORK, ...ENGINE, '--skip-still=8', slides(), tiny()];
    const [one, two] = [await sluice([...common, '--workers', '1']), await sluice([...common, '--workers', '2'])];
    expect([one.code, errorsIn(one.stderr)]).toEqual([0, []]);
    expect(two.stdout).toBe(one.stdout);
    const rows = lines(one.stdout).filter(({ source }) => source === slides());
    expect(rows.length).toBe(500);
    const own = computed(rows);
    expect(own.length).toBeLessThan(16);
    for (const { seq, same } of rows) expect(same ?? seq).toBe(own.findLast((before) => before.seq <= seq)?.seq);
    expect(one.stderr).toMatch(/510 labelled \(4\d\d of them still, not computed\)/);
  });

  it('chooses among the sampled frames', async () => {
    const { stdout } = await sluice([
      'classify',
      '--quiet',
      ...NETWORK,
      ...ENGINE,
      '--skip-still',
      '--fps',
      '1',
      slides(),
    ]);
    const rows = lines(stdout);
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, i) => 25 * i));
    expect(computed(rows).length).toBeLessThan(8);
    expect(rows.every(({ same = 0 }) => same % 25 === 0)).toBe(true);
  });

  it('a CSV file has all frames', async () => {
    const out = path.join(scratch(), 'slides.csv');
    const options = ['--every', '5', '--top', '1', '--skip-still', '--out', out];
    const { code } = await sluice(['classify', '--quiet', ...NETWORK, ...ENGINE, ...options, slides()]);
    expect([code, readFileSync(out, 'utf8').trim().split('\r\n').length]).toEqual([0, 101]);
  });

  it('aggregates count still frames', async () => {
    const options = ['--per', 'second', '--skip-still', '--fps', '5'];
    const { stdout } = await sluice(['classify', '--quiet', ...NETWORK, ...ENGINE, ...options, slides()]);
    const rows = lines(stdout) as unknown as { frames: number; same?: number }[];
    expect(rows.map(({ frames, same }) => [frames, same])).toEqual(Array.from({ length: 20 }, () => [5, undefined]));
  });

  it.each([
    [['classify', '--skip-still', 'abc'], 'It must be a number from 0 to 255. Without it, put -- before the files.'],
    [['batch', '--skip-still=NaN'], 'It must be a number from 0 to 255.'],
    [['segment', '--skip-still='], 'It must be a number from 0 to 255.'],
    [['detect', '--skip-still', '--track'], '--track needs the boxes of every frame: leave out --skip-still'],
  ])('%j is wrong usage', async (args, message) => {
    const { code, stderr, stdout } = await sluice([...args, squirrel]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it('batches of several frames are refused', async () => {
    const { code, stderr } = await sluice([
      'batch',
      ...NETWORK,
      ...ENGINE,
      '--batch',
      '4',
      '--skip-still',
      '--',
      tiny(),
    ]);
    expect(stderr).toContain('skipStill (--skip-still) needs batches of 1 frame, not of 4');
    expect(code).toBe(2);
  });
});

describe('labelFiles({ skipStill })', { timeout: 120_000 }, () => {
  const MODEL = { model: 'lenet5', seed: 1, fit: 'contain', workers: 1, engine: 'wasm' } as const;

  it('resumes with what an earlier run stored, and counts it', async () => {
    const [job, events] = [path.join(scratch(), 'job'), [] as JobEvent[]];
    const options = { ...MODEL, job, skipStill: true, onEvent: (event: JobEvent) => void events.push(event) };
    const first = await lastValueFrom(labelFiles([slides()], options).pipe(toArray()));
    const again = await lastValueFrom(labelFiles([slides()], { ...options, skipStill: 8 }).pipe(toArray()));
    expect(again).toEqual(first);
    expect(first.filter(({ same }) => same !== undefined).length).toBeGreaterThan(480);
    const parts = events.flatMap((event) => (event.type === 'part' ? [event] : []));
    const same = (reused: boolean) =>
      parts.filter((part) => part.reused === reused).reduce((sum, { account }) => sum + (account.same ?? 0), 0);
    expect(same(true)).toBe(same(false));
    expect(same(true)).toBe(first.filter((one) => one.same !== undefined).length);
    const other = labelFiles([slides()], { ...options, skipStill: 9 });
    await expect(lastValueFrom(other)).rejects.toMatchObject({ code: 'other-job' });
  });

  it.each([[NaN], [-1], [256], ['8'], [null]])('skipStill: %j', (skipStill) => {
    const wrong = () => labelFiles([tiny()], { ...MODEL, skipStill } as never);
    expect(wrong).toThrow(OptionError);
    expect(wrong).toThrow('labelFiles: skipStill must be a number from 0 to 255, not ');
    expect(() => labelFiles([tiny()], { task: detection(), skipStill } as never)).toThrow(OptionError);
  });

  it('false labels every frame', async () => {
    const results = await lastValueFrom(labelFiles([tiny()], { ...MODEL, skipStill: false }).pipe(toArray()));
    expect(results.filter(({ same }) => same === undefined).length).toBe(10);
  });
});
