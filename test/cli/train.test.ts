import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { Evaluation } from 'sluice';
import { describe, expect, it } from 'vitest';
import { media, scratch } from '../support/media.ts';
import { Running, sluice, untilGone, type Line } from '../support/sluice.ts';

/** A picture of one colour with some noise. */
function picture(file: string, [red, green, blue]: readonly [number, number, number], seed: number): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const pixels = Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => {
    const grain = ((i * 7919 + seed * 104_729) % 41) - 20;
    return Math.min(255, Math.max(0, ([red, green, blue][i % 3] ?? 0) + grain));
  });
  writeFileSync(file, Buffer.concat([Buffer.from('P6 40 30 255\n'), pixels]));
}

/** Four pictures of each of two classes. */
function colours(): string {
  const folder = scratch();
  for (let i = 0; i < 4; i++) {
    picture(path.join(folder, 'red', `${i}.ppm`), [200 + i, 40, 30 + 3 * i], i);
    picture(path.join(folder, 'blue', `${i}.ppm`), [30, 40 + 2 * i, 190 + i], i + 50);
  }
  return folder;
}
const QUICK = ['--workers', '1', '--epochs', '30', '--learning-rate', '0.02'] as const;
const trained = (data: string, out: string, ...more: readonly string[]) =>
  sluice(['train', '--data', data, '--out', out, ...QUICK, ...more]);

/** The same with a smaller model, where it does not matter what is learned. */
const SMALL = ['--from', 'lenet5'] as const;

describe.concurrent('sluice train', () => {
  it(
    'teaches MobileNet colours, measures it, and writes a model that classify, evaluate and export take',
    { timeout: 300_000 },
    async () => {
      const [data, out] = [colours(), path.join(scratch(), 'model')];
      const { code, stdout, stderr } = await trained(data, `${out}/`, '--quiet');
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(stderr).toMatch(/^sluice: .*model\.safetensors: 6 frames learned, blue, red\n$/);
      expect(stdout).toMatch(/^accuracy +1\.000/m);
      expect(stdout).toMatch(/^measured on +2 frames of 2 files$/m);
      expect(readdirSync(out).toSorted()).toEqual(['evaluation.json', 'model.safetensors', 'report.html']);
      expect(existsSync(`${out}.job`)).toBe(false);
      const { frames, epochs } = JSON.parse(readFileSync(path.join(out, 'evaluation.json'), 'utf8')) as Evaluation & {
        epochs: readonly { readonly loss: number }[];
      };
      expect([frames, epochs.length]).toEqual([2, 30]);
      expect(epochs.at(-1)?.loss).toBeLessThan((epochs[0]?.loss ?? 0) / 2);

      const other = path.join(scratch(), 'other.ppm');
      picture(other, [25, 60, 170], 99);
      const [classified, evaluated, exported] = await Promise.all([
        sluice(['classify', '--quiet', '--model', out, other]),
        sluice(['evaluate', '--quiet', '--workers', '1', '--data', data, '--model', out, '--format', 'json']),
        sluice(['export', '--model', out, path.join(out, 'model.onnx')]),
      ]);
      expect((JSON.parse(classified.stdout) as Line).classes[0]).toMatchObject({ index: 0, label: 'blue' });
      expect((JSON.parse(evaluated.stdout) as Evaluation).accuracy.value).toBe(1);
      expect(exported.code).toBe(0);
    },
  );

  it(
    'trains the last stages of another model with --fine-tune, here one of its own',
    { timeout: 300_000 },
    async () => {
      const [data, out, again] = [colours(), path.join(scratch(), 'a'), path.join(scratch(), 'b')];
      expect(
        await trained(data, out, '--quiet', '--from', 'scratch', '--epochs', '4', '--learning-rate', '0.002'),
      ).toMatchObject({ code: 0 });
      const tuned = await trained(data, again, '--quiet', '--from', out, '--fine-tune', '3');
      expect(tuned).toMatchObject({ code: 0 });
      expect(tuned.stdout).toMatch(/^accuracy +1\.000/m);
    },
  );

  it('learns frames of videos, one a second, and holds out whole files; the same seed writes the same bytes', async () => {
    const data = scratch();
    for (const [name, colour] of [
      ['dark', 'black'],
      ['light', 'white'],
    ] as const) {
      mkdirSync(path.join(data, name));
      for (const copy of [1, 2, 3]) {
        const clip = media(`${name}.mp4`, `-f lavfi -i color=${colour}:s=64x48:r=10:d=3 -pix_fmt yuv420p -c:v libx264`);
        copyFileSync(clip, path.join(data, name, `${copy}.mp4`));
      }
    }
    const outs = ['one', 'two', 'other'].map((name) => path.join(scratch(), name));
    const [one, two, other] = await Promise.all(
      outs.map((out, i) => trained(data, out, '--held-out', '0.34', '--seed', i === 2 ? '7' : '1', ...SMALL)),
    );
    expect(one?.stderr).toContain('model.safetensors: 12 frames learned, dark, light');
    expect(one?.stdout).toMatch(/^measured on +6 frames of 2 files$/m);
    expect(two?.stdout).toBe(one?.stdout);
    const [first, second, third] = outs.map((out) => readFileSync(path.join(out, 'model.safetensors')));
    expect(second?.equals(first ?? Buffer.of())).toBe(true);
    expect(other?.code).toBe(0);
    expect(third?.equals(first ?? Buffer.of())).toBe(false);
  });

  it('names what it can not read, counts it, and learns from the rest', async () => {
    const [data, out] = [colours(), path.join(scratch(), 'model')];
    writeFileSync(path.join(data, 'red', 'broken.jpg'), 'no picture');
    // Of an earlier training, which are not this model's.
    mkdirSync(out);
    for (const name of ['evaluation.json', 'report.html']) writeFileSync(path.join(out, name), 'earlier');
    const { code, stderr } = await trained(data, out, ...SMALL, '--held-out', '0');
    expect(code).toBe(1);
    expect(stderr).toMatch(/warning: left out: .*broken\.jpg/);
    expect(stderr).toContain(
      '8 frames learned, blue, red; nothing is held out, so nothing measures how good it is (--held-out)',
    );
    expect(readdirSync(out)).toEqual(['model.safetensors']);
  });

  it('says that a class of one file is not measured', async () => {
    const [data, out] = [colours(), path.join(scratch(), 'model')];
    picture(path.join(data, 'green', '1.ppm'), [10, 200, 20], 3);
    const { code, stderr, stdout } = await trained(data, out, ...SMALL);
    expect(code).toBe(0);
    expect(stderr).toContain('one file shows green: it is learned from, so nothing measures how well');
    expect(stdout).not.toMatch(/^green +[1-9]/m);
  });

  it('fails where no file of a class can be read, and writes no model', async () => {
    const [data, out] = [colours(), path.join(scratch(), 'model')];
    mkdirSync(path.join(data, 'green'));
    writeFileSync(path.join(data, 'green', '1.jpg'), 'no picture');
    const { code, stderr } = await trained(data, out, ...SMALL);
    expect(code).toBe(1);
    expect(stderr).toContain('no file of green could be read, so the model cannot learn it');
    expect(readdirSync(out)).toEqual([]);
  });

  it('says at which loss that is no number it stops, and writes no model', async () => {
    const [data, out] = [colours(), path.join(scratch(), 'model')];
    const { code, stderr } = await trained(data, out, ...SMALL, '--learning-rate', '1e38');
    expect(code).toBe(1);
    expect(stderr).toMatch(/the loss is \S+ since step \d+.* Try a learningRate of/);
    expect(existsSync(path.join(out, 'model.safetensors'))).toBe(false);
  });

  it('keeps the features when it is interrupted, and goes on with the same command', async () => {
    const [data, out] = [colours(), path.join(scratch(), 'model')];
    const args = ['train', '--data', data, '--out', out, '--workers', '1', ...SMALL, '--epochs', '1000000'];
    const running = new Running(args);
    await running.until(() => running.stderr.includes('epoch 10 of'), 'epochs');
    process.kill(running.pid, 'SIGINT');
    expect(await running.ended).toMatchObject({ code: 130 });
    await untilGone([running.pid], 20);
    expect(readdirSync(out)).toEqual([]);
    const kept = readdirSync(`${out}.job`);
    expect(kept).toContain('manifest.json');
    // Pictures that can't be read any more, of the same sizes and times: none is computed again.
    for (const name of readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((one) => one.endsWith('.ppm'))) {
      const file = path.join(data, name);
      const { size, atime, mtime } = statSync(file);
      writeFileSync(file, Buffer.alloc(size));
      utimesSync(file, atime, mtime);
    }
    expect(await sluice([...args.slice(0, -1), '20'])).toMatchObject({ code: 0 });
    expect(existsSync(`${out}.job`)).toBe(false);
  });

  it('keeps a folder that is named with --job, and uses its features again', async () => {
    const [data, job] = [colours(), path.join(scratch(), 'job')];
    for (const out of ['one', 'two']) {
      const { code } = await trained(data, path.join(scratch(), out), ...SMALL, '--quiet', '--job', job);
      expect(code).toBe(0);
      expect(readdirSync(job).filter((name) => name.endsWith('.safetensors')).length).toBe(1);
      expect(readdirSync(job)).toContain('manifest.json');
    }
  });

  it('refuses a folder in which another one is training, and leaves that one alone', async () => {
    const [data, out] = [colours(), path.join(scratch(), 'model')];
    const both = await Promise.all([trained(data, out, ...SMALL, '--quiet'), trained(data, out, ...SMALL, '--quiet')]);
    const [first, second] = both.toSorted((a, b) => Number(a.code) - Number(b.code));
    expect(first?.code).toBe(0);
    expect(readdirSync(out)).toContain('model.safetensors');
    // Where the first one had its features before the second one began, both may go on.
    if (second?.code !== 0) expect(second?.stderr).toContain('wait until it ends, or use another job folder');
    expect(existsSync(`${out}.job`)).toBe(false);
  });

  it.each<[string, (data: string) => readonly string[], string]>([
    [
      'stages to train from scratch',
      (data) => ['--data', data, '--out', scratch(), '--from', 'scratch', '--fine-tune', '2'],
      '--from scratch trains all of a small network: leave out --fine-tune',
    ],
    ['no --out', (data) => ['--data', data], "required option '--out <folder>' not specified"],
    ['one class', (data) => ['--data', path.join(data, 'red'), '--out', 'x'], 'the folder has no folders'],
    [
      'a share of everything',
      (data) => ['--data', data, '--out', 'x', '--held-out', '1'],
      'It must be a number from 0 to under 1',
    ],
    [
      'an end before the start',
      (data) => ['--data', data, '--out', 'x', '--start', '5', '--end', '3'],
      '--start 5 must be before --end 3',
    ],
    [
      'a model that does not exist',
      (data) => ['--data', data, '--out', scratch(), '--from', 'nothing'],
      'no model and no file is called nothing',
    ],
    [
      'more stages than there are',
      (data) => ['--data', data, '--out', scratch(), '--fine-tune', '99'],
      'trainable must be from 1 to 28',
    ],
  ])('%s is wrong usage', async (_, args, message) => {
    const { code, stdout, stderr } = await sluice(['train', ...args(colours())], { cwd: scratch() });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it('refuses an --out that is a file', async () => {
    const out = path.join(scratch(), 'file');
    writeFileSync(out, 'mine');
    const { code, stderr } = await trained(colours(), out);
    expect(code).toBe(1);
    expect(stderr).toMatch(/cannot write .*file/);
    expect(readFileSync(out, 'utf8')).toBe('mine');
  });
});
