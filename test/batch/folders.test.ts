import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { labelFiles } from 'sluice/node';
import { findInputs } from '../../src/batch/inputs.ts';
import { NETWORK, stream } from '../support/clips.ts';
import { media, scratch } from '../support/media.ts';
import { main, parse, sample, sluice, squirrel, tiny } from '../support/sluice.ts';

/** Makes these files, empty ones, in a new folder. A name that ends with a slash is a folder. */
function folderWith(...names: readonly string[]): string {
  const folder = scratch();
  for (const name of names) {
    const file = path.join(folder, name);
    mkdirSync(name.endsWith('/') ? file : path.dirname(file), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(file, '');
  }
  return folder;
}

/** What is found in a folder, by the paths below it, and what is said of it with `folder` in place of its name. */
async function search(folder: string): Promise<{ found: string[]; said: string[] }> {
  const said: string[] = [];
  const inputs = await findInputs([folder], (kind, message) => {
    said.push(`${kind}: ${message.replaceAll(folder, 'folder')}`);
  });
  return { found: inputs.map(({ name }) => path.relative(folder, name)), said };
}

const link = (folder: string, name: string, to: string) => symlinkSync(path.join(folder, to), path.join(folder, name));

describe('the files of a folder', () => {
  const ENDINGS =
    'jfif jpe mpo heif heic avif jxl jp2 apng m2v mpv tod qt f4v ogm ogv divx h264 264 hevc 265 insv lrv rm rmvb nut JPG Mp4 m2ts mxf';

  it.each(ENDINGS.split(' '))('are taken if their names end with .%s', async (ending) => {
    expect(await search(folderWith(`below/x.${ending}`))).toEqual({ found: [`below/x.${ending}`], said: [] });
  });

  it('are counted by their endings if they are left out', async () => {
    const folder = folderWith(
      'a.mp4',
      'b.txt',
      'c.TXT',
      'd/e.txt',
      'd/f.srt',
      'Makefile',
      'g.',
      'mp4',
      'h.mp4.part',
      '.x.mp4',
    );
    expect(await search(folder)).toEqual({
      found: ['a.mp4'],
      said: ['note: folder: left out 8 files that are no video or picture (3 .txt, 3 without ending, 1 .part, 1 .srt)'],
    });
  });

  it('are named in one line, however many kinds there are', async () => {
    const kinds = Array.from({ length: 300 }, (_, i) => `x.k${String(i).padStart(3, '0')}`);
    const { said } = await search(folderWith('a.png', 'x.y\nsluice: all is well', `x.${'long'.repeat(50)}`, ...kinds));
    expect(said.length).toBe(1);
    expect(said[0]).toMatch(
      /left out 302 files that are no video or picture \(2 without ending, 1 \.k000, .*, 1 \.k010, 289 others\)$/,
    );
  });

  it('if none is a video, are named in the error', async () => {
    const folder = folderWith('a.txt', 'b/');
    await expect(search(folder)).rejects.toMatchObject({
      name: 'OptionError',
      message: `${folder}: the folder contains no video or picture, only 1 file that is no video or picture (1 .txt)`,
    });
  });

  it.each(['hasOwnProperty', 'constructor', '__proto__'])('may have the ending .%s', async (ending) => {
    expect((await search(folderWith('a.mp4', `x.${ending}`))).found).toEqual(['a.mp4']);
  });
});

describe('names that videos share with other files', () => {
  const written = (name: string, bytes: Uint8Array | string) => {
    const folder = folderWith('a.mp4');
    writeFileSync(path.join(folder, name), bytes);
    return search(folder);
  };
  /** A stream of packets with a distance between them, of which the first bytes are missing. */
  const packets = (distance: number, count: number, missing = 0) => {
    const bytes = new Uint8Array(distance * count).fill(0xff);
    for (let i = 0; i < count; i++) bytes.set([0x47, 0x40, 0, 0x10], i * distance + (distance === 192 ? 4 : 0));
    return bytes.subarray(missing);
  };

  it.each([
    ['x.ts', 188, 40, 0],
    ['x.ts', 188, 3, 0],
    ['x.ts', 188, 40, 100],
    ['x.ts', 192, 40, 0],
    ['x.mts', 192, 5, 0],
    ['x.TS', 204, 40, 203],
  ])(
    '%s of %i bytes for each of %i packets, without the first %i, is a video',
    async (name, distance, count, missing) => {
      expect((await written(name, packets(distance, count, missing))).found).toEqual(['a.mp4', name]);
    },
  );

  it('x.ts that begins with other data is a video', async () => {
    const bytes = Buffer.concat([Buffer.from('G'.repeat(1000)), packets(188, 40)]);
    expect((await written('x.ts', bytes)).found).toEqual(['a.mp4', 'x.ts']);
  });

  it.each([
    ['TypeScript', 'code.ts', "import { Gate } from './gate.ts';\nexport const G = 'GGGGGGGG';\n".repeat(200)],
    ['a TypeScript module', 'code.mts', 'export const a = 1;\n'],
    ['TypeScript in UTF-16', 'code.ts', Buffer.from(`\uFEFF${'const GGG = 1;\n'.repeat(500)}`, 'utf16le')],
    ['a translation', 'de.ts', '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n<TS version="2.1"></TS>\n'],
    [
      'a text in UTF-16 with a line of 96 letters',
      'code.ts',
      Buffer.from(`\uFEFF${`// GGGG${' '.repeat(88)}\n`.repeat(99)}`, 'utf16le'),
    ],
    ['an empty file', 'empty.ts', ''],
    ['two packets', 'short.ts', packets(188, 2)],
    ["Go's modules", 'go.mod', 'module example.org/x\n\ngo 1.22\n'],
  ])('%s is none', async (_, name, bytes) => {
    const { found, said } = await written(name, bytes);
    expect(found).toEqual(['a.mp4']);
    expect(said).toEqual([`note: folder: left out 1 file that is no video or picture (1 ${path.extname(name)})`]);
  });

  it('are decided by the real stream and the real camera file', async () => {
    const folder = folderWith();
    copyFileSync(stream(), path.join(folder, 'stream.ts'));
    const camera = media('camera.mpg', '-f lavfi -i testsrc2=s=64x48:r=25:d=1 -c:v mpeg2video -f vob');
    copyFileSync(camera, path.join(folder, 'MOV001.MOD'));
    copyFileSync(import.meta.filename, path.join(folder, 'code.ts'));
    expect(await search(folder)).toEqual({
      found: ['MOV001.MOD', 'stream.ts'],
      said: ['note: folder: left out 1 file that is no video or picture (1 .ts)'],
    });
  });

  it('do not matter if the file is named', async () => {
    const folder = folderWith('code.ts');
    const [input] = await findInputs([path.join(folder, 'code.ts')], () => undefined);
    expect(input?.name).toBe(path.join(folder, 'code.ts'));
  });

  it.skipIf(process.platform === 'win32')('do not make the search wait for a pipe', async () => {
    const folder = folderWith('a.mp4');
    spawnSync('mkfifo', [path.join(folder, 'pipe.ts')]);
    expect((await search(folder)).found).toEqual(['a.mp4', 'pipe.ts']);
  });
});

describe.skipIf(process.platform === 'win32')('linked folders', () => {
  it('are followed once, and a circle ends', async () => {
    const folder = folderWith('clips/a.mp4', 'clips/deep/b.mp4');
    link(folder, 'clips/deep/up', '.');
    link(folder, 'self', 'self');
    link(folder, 'a-link', 'clips/deep');
    expect((await search(folder)).found).toEqual(['clips/a.mp4', 'clips/deep/b.mp4']);
  });

  it('outside of the folder are followed once, however many links there are', async () => {
    const [folder, outside] = [folderWith('a.mp4'), folderWith('b.mp4', 'in/c.mp4')];
    for (const name of ['two', 'one', 'three']) symlinkSync(outside, path.join(folder, name));
    symlinkSync(folder, path.join(outside, 'in/back'));
    expect((await search(folder)).found).toEqual(['a.mp4', 'one/b.mp4', 'one/in/c.mp4']);
  });

  it('are searched if the folder itself is a link', async () => {
    const folder = folderWith('real/a.mp4');
    link(folder, 'link', 'real');
    expect((await search(path.join(folder, 'link'))).found).toEqual(['a.mp4']);
  });

  it('are no files where they lead nowhere, and linked files are taken', async () => {
    const folder = folderWith('real/a.mp4');
    link(folder, 'b.mp4', 'real/a.mp4');
    link(folder, 'gone.mp4', 'nowhere');
    link(folder, 'gone', 'nowhere');
    const { found, said } = await search(folder);
    expect(found).toEqual(['b.mp4', 'gone.mp4', 'real/a.mp4']);
    expect(said).toEqual(['note: folder: left out 1 file that is no video or picture (1 without ending)']);
  });
});

/** A user who is not root, since root may read everything. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const mayRun = spawnSync(process.execPath, [main, '--version'], { ...NOBODY, cwd: '/' }).status === 0;

describe.runIf(process.getuid && mayRun)('a folder that the user may not read', () => {
  /** A new folder that the user owns. Its parents, which this run made, are opened for others to pass through. */
  const folderOfUser = (): string => {
    const folder = scratch();
    for (let at = folder; at.startsWith(tmpdir()); at = path.dirname(at)) chmodSync(at, 0o755);
    chmodSync(path.dirname(tmpdir()), 0o755);
    if (NOBODY.uid !== undefined) chownSync(folder, NOBODY.uid, NOBODY.gid);
    return folder;
  };
  const run = (folder: string, ...args: readonly string[]) =>
    sluice(['batch', ...NETWORK, '--workers', '1', ...args], {
      ...NOBODY,
      cwd: folder,
      env: { TMPDIR: folder, FFMPEG_PATH: undefined },
    });

  it('below the one that is named is left out with a warning; the others are labelled', async () => {
    const folder = folderOfUser();
    for (const name of ['d/lost+found', 'd/.Trashes', 'd/clips'])
      mkdirSync(path.join(folder, name), { recursive: true });
    copyFileSync(tiny(), path.join(folder, 'd/clips/a.mp4'));
    copyFileSync(squirrel, path.join(folder, 'd/lost+found/b.jpg'));
    for (const name of ['d/lost+found', 'd/.Trashes']) chmodSync(path.join(folder, name), 0o000);
    const { code, stdout, stderr } = await run(folder, '--quiet', 'd');
    expect(stderr).toMatch(
      /^sluice: warning: d\/lost\+found: the folder cannot be read and is left out: EACCES: permission denied, [^\n]+\n$/,
    );
    expect(new Set(parse(stdout).map(({ source }) => source))).toEqual(new Set(['d/clips/a.mp4']));
    expect([code, parse(stdout).length]).toEqual([0, 10]);
    for (const name of ['d/lost+found', 'd/.Trashes']) chmodSync(path.join(folder, name), 0o755);
  });

  it('that is named is an error', async () => {
    const folder = folderOfUser();
    mkdirSync(path.join(folder, 'd'), { mode: 0o000 });
    const { code, stderr } = await run(folder, 'd');
    expect(stderr).toMatch(/^sluice: error: d: EACCES: permission denied/);
    expect(code).toBe(2);
  });

  it('together with no other video is one warning and one error', async () => {
    const folder = folderOfUser();
    mkdirSync(path.join(folder, 'd/locked'), { recursive: true });
    chmodSync(path.join(folder, 'd/locked'), 0o000);
    const { code, stderr } = await run(folder, '--progress', 'json', 'd');
    expect(
      stderr
        .trimEnd()
        .split('\n')
        .map((line): unknown => JSON.parse(line)),
    ).toEqual([
      { type: 'warning', message: expect.stringContaining('d/locked: the folder cannot be read') },
      { type: 'error', message: 'd: the folder contains no video or picture' },
    ]);
    expect(code).toBe(2);
  });
});

it.skipIf(process.platform === 'win32')(
  'a folder with a path too long to read is left out with a warning',
  async () => {
    const folder = folderWith('a.mp4');
    const name = 'x'.repeat(250);
    const deep = `for (let i = 0; i < 20; i++) { fs.mkdirSync('${name}'); process.chdir('${name}'); }`;
    try {
      expect(spawnSync(process.execPath, ['-e', deep], { cwd: folder }).status).toBe(0);
      const { found, said } = await search(folder);
      expect(found).toEqual(['a.mp4']);
      expect(said).toEqual([
        expect.stringMatching(/^warning: folder\/x+.*: the folder cannot be read and is left out: ENAMETOOLONG: /),
      ]);
    } finally {
      // Node cannot remove it.
      spawnSync('rm', ['-rf', folder]);
    }
  },
);

it('labelFiles tells what it left out', async () => {
  const folder = folderWith('notes.txt');
  copyFileSync(squirrel, path.join(folder, 'photo.jpe'));
  const said: string[] = [];
  const options = {
    model: 'lenet5',
    seed: 1,
    fit: 'contain' as const,
    workers: 1,
    onWarning: (message: string) => said.push(message),
  };
  const results = await lastValueFrom(labelFiles([folder], options).pipe(toArray()));
  expect(results.map(({ source }) => source)).toEqual([path.join(folder, 'photo.jpe')]);
  expect(said).toEqual([`${folder}: left out 1 file that is no video or picture (1 .txt)`]);
});

it('a folder of many videos is labelled without a warning of Node', async () => {
  const folder = scratch();
  for (let i = 10; i < 24; i++) symlinkSync(sample, path.join(folder, `${i}.mp4`));
  const { code, stdout, stderr } = await sluice(['batch', '--quiet', ...NETWORK, '--every', '100', folder]);
  expect([code, stderr, parse(stdout).length]).toEqual([0, '', 14 * 3]);
});
