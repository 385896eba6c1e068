import { describe, expect, it } from 'vitest';
import { media } from '../support/media.ts';
import { classify, sample, squirrel, tiny } from '../support/sluice.ts';

const even = (from: number, to: number, by = 1): number[] =>
  Array.from({ length: Math.ceil((to - from) / by) }, (_, i) => from + i * by);

describe('a line per frame', () => {
  it('has the keys in their order, all frames, and their times in microseconds', async () => {
    const { code, stdout, lines } = await classify([tiny()]);
    expect(code).toBe(0);
    expect(lines.map(({ seq }) => seq)).toEqual(even(0, 10));
    expect(lines.map(({ timestamp }) => timestamp)).toEqual(even(0, 1_000_000, 100_000));
    expect(new Set(lines.map(({ source }) => source))).toEqual(new Set([tiny()]));
    const shape =
      /^\{"source":"[^"]+","seq":0,"timestamp":0,"classes":\[(\{"index":\d+,"label":"[^"]+","score":[\d.e-]+\},?){5}\]\}\n/;
    expect(stdout).toMatch(shape);
    for (const { classes } of lines) {
      const scores = classes.map(({ score }) => score);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
    }
  });

  it('has every stage with --timings', async () => {
    const { lines, stdout } = await classify(['--timings', '--engine', 'wasm', '--end', '0.15', tiny()]);
    expect(stdout).toMatch(
      /\],"timings":\[\{"stage":"preprocess","submitMs":[\d.]+,"deviceMs":[\d.]+,"method":"synced-wall"\},/,
    );
    for (const { timings = [] } of lines) {
      expect(timings.length).toBe(32);
      expect(timings.map(({ stage }) => stage)).toEqual(
        expect.arrayContaining(['conv0', 'depthwise13', 'logits', 'classify']),
      );
      for (const { deviceMs } of timings) expect(deviceMs).toBeGreaterThanOrEqual(0);
    }
    expect(lines.length).toBe(2);
  });

  it('has merged stages as one, and once, after the first frames, also each of them', async () => {
    const { lines } = await classify(['--timings', tiny(), tiny('other.mp4')]);
    const all = lines.map(({ timings = [] }) => timings);
    expect(all[0]?.map(({ stage }) => stage)).toEqual(['preprocess', 'conv0 … softmax', 'classify']);
    // The merged run as on every frame, and beside it its 30 stages.
    const [each, ...others] = all.filter(({ length }) => length !== 3);
    expect([all.length, each?.length, others]).toEqual([20, 33, []]);
    expect(each?.filter((entry) => 'run' in entry && entry.run === 'conv0 … softmax').length).toBe(30);
  });

  it.each([
    ['--every', '3', [0, 3, 6, 9]],
    ['--fps', '4', [0, 3, 5, 8]],
    ['--fps', '1000', even(0, 10)],
  ])('shows by seq what %s %s left out', async (option, value, seqs) => {
    const { code, lines, stderr } = await classify([option, value, tiny()]);
    expect(code).toBe(0);
    expect(lines.map(({ seq }) => seq)).toEqual(seqs);
    expect(lines.map(({ timestamp }) => timestamp)).toEqual(seqs.map((seq) => seq * 100_000));
    const discarded = 10 - seqs.length;
    const account = `frames: 10 produced, ${seqs.length} delivered, ${discarded > 0 ? `${discarded} discarded, ` : ''}0 dropped, 0 failed`;
    expect(stderr).toContain(account);
  });

  it.each([
    [['--start', '0.5'], even(500_000, 1_000_000, 100_000)],
    [
      ['--start', '0.35', '--end', '0.6'],
      [400_000, 500_000],
    ],
    [
      ['--end', '0.3'],
      [0, 100_000, 200_000],
    ],
  ])('keeps to %j', async (options, times) => {
    const { code, lines } = await classify([...options, tiny()]);
    expect(code).toBe(0);
    expect(lines.map(({ timestamp }) => timestamp)).toEqual(times);
    expect(lines.map(({ seq }) => seq)).toEqual(even(0, times.length));
  });

  it('has as many classes as --top and --min-score leave', async () => {
    const [few, all, best, none] = await Promise.all([
      classify(['--top', '2', squirrel]),
      classify(['--top', '5000', squirrel]),
      classify(['--top', '5', '--min-score', '0.5', squirrel]),
      classify(['--min-score', '1', squirrel]),
    ]);
    expect(few.lines[0]?.classes.length).toBe(2);
    expect(all.lines[0]?.classes.length).toBe(1001);
    expect(all.lines[0]?.classes.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 3);
    expect(best.lines[0]?.classes.map(({ index }) => index)).toEqual([336]);
    expect(none.lines[0]?.classes).toEqual([]);
  });

  it('depends on --fit where a picture is not square', async () => {
    const wide = media('wide.png', '-f lavfi -i testsrc=s=320x100 -frames:v 1');
    const scores = await Promise.all(
      [[], ['--fit', 'cover'], ['--fit', 'contain'], ['--fit', 'fill']].map(async (options) => {
        const { lines } = await classify([...options, wide]);
        return JSON.stringify(lines[0]?.classes);
      }),
    );
    expect(scores[0]).toBe(scores[1]);
    expect(new Set(scores).size).toBe(3);
  });

  it('comes for several files in their order, pictures among them, and for one that is named twice', async () => {
    const png = media('gradient.png', '-f lavfi -i testsrc2=s=80x60 -frames:v 1');
    const { code, lines, stderr } = await classify(['--every', '5', squirrel, tiny(), png, squirrel]);
    expect(code).toBe(0);
    expect(lines.map(({ source, seq }) => [source, seq])).toEqual([
      [squirrel, 0],
      [tiny(), 0],
      [tiny(), 5],
      [png, 0],
      [squirrel, 0],
    ]);
    expect(lines[0]?.classes).toEqual(lines[4]?.classes);
    expect(stderr).toContain('(4 files, ');
  });

  it('comes from the cpu engine as from wasm', async () => {
    const [cpu, wasm] = await Promise.all(
      ['cpu', 'wasm'].map((engine) => classify(['--engine', engine, '--top', '3', squirrel])),
    );
    expect(cpu?.code).toBe(0);
    expect(cpu?.stderr).toContain('engine: cpu (asked for)');
    expect(wasm?.stderr).toContain('engine: wasm (asked for)');
    const [one, other] = [cpu?.lines[0]?.classes ?? [], wasm?.lines[0]?.classes ?? []];
    expect(one.map(({ index }) => index)).toEqual(other.map(({ index }) => index));
    one.forEach(({ score }, i) => expect(score).toBeCloseTo(other[i]?.score ?? NaN, 4));
  });
});

describe('labels', () => {
  it('name the squirrel', async () => {
    const { lines } = await classify(['--top', '1', squirrel]);
    expect(lines[0]?.classes[0]).toMatchObject({ index: 336, label: 'fox squirrel' });
    expect(lines[0]?.classes[0]?.score).toBeGreaterThan(0.88);
  });

  // Where its head and breast are in the picture: before it comes too close, after it drew back, and at the end.
  it.each([
    ['1.0', '2.5'],
    ['9.2', '11'],
    ['13.4', '14'],
  ])('name the cockatoo from %s to %s s of the sample', async (start, end) => {
    const { code, lines } = await classify(['--start', start, '--end', end, '--every', '3', '--top', '1', sample]);
    expect(code).toBe(0);
    expect(lines.length).toBe(Math.ceil(Math.round((Number(end) - Number(start)) * 20) / 3));
    expect(new Set(lines.map(({ classes }) => classes[0]?.label))).toEqual(new Set(['sulphur-crested cockatoo']));
  });
});
