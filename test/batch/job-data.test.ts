import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { locateFfmpeg } from '../../src/sources/ffmpeg/locate.ts';
import { long, NETWORK } from '../support/clips.ts';
import { scratch } from '../support/media.ts';
import { sluice, tiny } from '../support/sluice.ts';

// A job folder is data: whatever is in it, the results are those of a new run, and nothing in it is run or followed.

const COMMAND = ['batch', '--quiet', ...NETWORK, '--engine', 'wasm', '--workers', '1'];
const INPUTS = ['clip.mp4', 'tiny.mp4'];
let ffmpeg = '';
/** What a new run gives. */
let whole = '';

/** A folder with the clips and a complete job. */
let template = '';
const jobIn = (folder: string, more: readonly string[] = []) =>
  sluice([...COMMAND, '--job', 'job', ...more, ...INPUTS], { cwd: folder });

beforeAll(async () => {
  ({ path: ffmpeg } = await locateFfmpeg());
  template = path.join(scratch(), 'work');
  mkdirSync(template);
  copyFileSync(long(), path.join(template, 'clip.mp4'));
  copyFileSync(tiny(), path.join(template, 'tiny.mp4'));
  const first = await jobIn(template);
  expect([first.code, first.stderr]).toEqual([0, '']);
  whole = first.stdout;
}, 60_000);

/** A copy of it. */
function jobOf() {
  const folder = path.join(scratch(), 'work');
  cpSync(template, folder, { recursive: true, preserveTimestamps: true });
  return {
    folder,
    run: (more: readonly string[] = [], cwd = folder) => jobIn(cwd, more),
    parts: () => partsOf(folder),
  };
}

function partsOf(folder: string): { readonly at: string; readonly names: readonly string[]; readonly plan: string } {
  const [digest = ''] = readdirSync(path.join(folder, 'job')).filter((name) => /^[0-9a-f]{16}$/.test(name));
  const at = path.join(folder, 'job', digest);
  const names = readdirSync(at).filter((name) => name.endsWith('.ndjson'));
  expect(names.length).toBeGreaterThan(3);
  return { at, names: names.map((name) => path.join(at, name)), plan: path.join(at, '000000.plan.json') };
}

const DAMAGED = 'sluice: warning: what the job holds of clip.mp4 is damaged: that is labelled again\n';

describe('a job goes on', { timeout: 60_000 }, () => {
  it('where its folder and its files are now, and not where they were', async () => {
    const { folder, run, parts } = jobOf();
    rmSync(parts().names[1] ?? '');
    const moved = path.join(path.dirname(folder), 'moved');
    renameSync(folder, moved);
    // In the old place lies another clip of the same name.
    mkdirSync(folder);
    copyFileSync(tiny(), path.join(folder, 'clip.mp4'));
    expect(await run([], moved)).toMatchObject({ code: 0, stderr: '', stdout: whole });
  });

  it('with the same ffmpeg in another place', async () => {
    const [old, now] = ['old', 'now'].map((name) => {
      const file = path.join(scratch(), name);
      symlinkSync(ffmpeg, file);
      return file;
    }) as [string, string];
    const { run, parts } = jobOf();
    rmSync(parts().names[1] ?? '');
    expect(await run(['--ffmpeg', old])).toMatchObject({ code: 0, stderr: '', stdout: whole });
    rmSync(parts().names[2] ?? '');
    rmSync(old);
    expect(await run(['--ffmpeg', now])).toMatchObject({ code: 0, stderr: '', stdout: whole });
  });

  it('with a file that was missing and is back, and labels nothing else again', async () => {
    const folder = scratch();
    copyFileSync(long(), path.join(folder, 'clip.mp4'));
    const run = () => sluice([...COMMAND, '--progress', 'json', '--out', 'out.ndjson', ...INPUTS], { cwd: folder });
    const first = await run();
    expect([first.code, first.stderr.includes('tiny.mp4')]).toEqual([1, true]);
    expect(existsSync(path.join(folder, 'out.ndjson.job'))).toBe(true);
    copyFileSync(tiny(), path.join(folder, 'tiny.mp4'));
    const again = await run();
    expect(again.code).toBe(0);
    expect(readFileSync(path.join(folder, 'out.ndjson'), 'utf8')).toBe(whole);
    const end = again.stderr.split('\n').find((line) => line.includes('"type":"end"')) ?? '{}';
    expect(JSON.parse(end)).toMatchObject({ frames: 10, failed: 0 });
    expect(readdirSync(folder).toSorted()).toEqual(['clip.mp4', 'out.ndjson', 'tiny.mp4']);
  });
});

describe(
  'of a job folder that was changed, all is labelled again that is not as it was written',
  { timeout: 60_000 },
  () => {
    const edit = (file: string, change: (text: string) => string) =>
      writeFileSync(file, change(readFileSync(file, 'utf8')));
    const pipe = (file: string) => {
      rmSync(file);
      execFileSync('mkfifo', [file]);
    };

    it.each<[string, (parts: ReturnType<typeof partsOf>) => void]>([
      ['a digit of a score', ({ names: [, a = ''] }) => edit(a, (text) => text.replace('"score":0.5', '"score":0.6'))],
      ['a brace', ({ names: [, a = ''] }) => edit(a, (text) => text.replace('{', '('))],
      [
        'a trailer that is another object',
        ({ names: [, a = ''] }) => edit(a, (text) => text.replace(/\n[^\n]+\n$/, '\n{}\n')),
      ],
      [
        'an account without its fields',
        ({ names: [, a = ''] }) => edit(a, (text) => text.replace(/"account":.*\}\n$/, '"account":{}}\n')),
      ],
      ['a part of another place', ({ names: [, a = '', b = ''] }) => copyFileSync(a, b)],
      ['a part that is a pipe', ({ names: [, a = ''] }) => pipe(a)],
      [
        'a part that is a link to a device',
        ({ names: [, a = ''] }) => {
          rmSync(a);
          symlinkSync('/dev/zero', a);
        },
      ],
      ['a plan without parts', ({ plan }) => writeFileSync(plan, '{"parts":[]}')],
      ['a plan that is an array', ({ plan }) => writeFileSync(plan, '[]')],
      ['a plan that is a pipe', ({ plan }) => pipe(plan)],
      ['a plan that was cut off', ({ plan }) => edit(plan, (text) => text.slice(0, 100))],
      [
        'a plan with another cut',
        ({ plan }) => edit(plan, (text) => text.replace(/"firstSeq":(\d+)/, '"firstSeq":1$1')),
      ],
    ])('%s', async (_, change) => {
      const { run, parts } = jobOf();
      change(parts());
      expect(await run()).toMatchObject({ code: 0, stdout: whole, stderr: DAMAGED });
    });

    it('and what was labelled again is as good as the rest', async () => {
      const { run, parts } = jobOf();
      edit(parts().names[1] ?? '', (text) => text.replace('{', '('));
      expect((await run()).stderr).toBe(DAMAGED);
      expect(await run()).toMatchObject({ code: 0, stdout: whole, stderr: '' });
    });

    it('a plan that names a program runs none', async () => {
      const { folder, run, parts } = jobOf();
      const [script, ran] = [path.join(folder, 'ffmpeg.sh'), path.join(folder, 'ran')];
      writeFileSync(script, `#!/bin/sh\ntouch ${ran}\n`);
      chmodSync(script, 0o755);
      rmSync(parts().names[1] ?? '');
      edit(parts().plan, (text) => {
        const plan = JSON.parse(text) as object;
        return JSON.stringify({ ...plan, media: { ffmpeg: { path: script }, input: { args: ['-i', script] } } });
      });
      expect(await run()).toMatchObject({ code: 0, stdout: whole });
      expect(existsSync(ran)).toBe(false);
    });

    it.each<[string, string | undefined]>([
      ['{}', '{}'],
      ['[]', '[]'],
      ['null', 'null'],
      ['a brace too few', '{"format":1'],
      [
        'fields of other types',
        '{"format":1,"sluice":1,"engine":[],"ffmpeg":null,"options":7,"model":{},"inputs":"x"}',
      ],
      ['a pipe', undefined],
    ])('a manifest that is %s', async (_, text) => {
      const { folder, run } = jobOf();
      const manifest = path.join(folder, 'job', 'manifest.json');
      if (text === undefined) pipe(manifest);
      else writeFileSync(manifest, text);
      const stderr = 'sluice: warning: job/manifest.json was damaged and is written anew\n';
      expect(await run()).toMatchObject({ code: 0, stdout: whole, stderr });
    });
  },
);
