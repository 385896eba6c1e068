import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { decode } from '../../src/sources/ffmpeg/decode.ts';
import { locateFfmpeg } from '../../src/sources/ffmpeg/locate.ts';
import { all, ffmpegs, oldFfmpeg, scratch, writeWith } from '../support/media.ts';

afterEach(() => vi.unstubAllEnvs());

function script(text: string): string {
  const file = writeWith('ffmpeg', `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

describe('finding ffmpeg', () => {
  it.each(ffmpegs)('takes the option: $name', async ({ file }) => {
    const found = await locateFfmpeg(file);
    expect(found).toMatchObject({ path: file, origin: 'option' });
    expect(found.version).not.toBe('');
    expect(found.notice).toBeUndefined();
  });

  it('knows the old build by its library, since it has no release number', async () => {
    expect(await locateFfmpeg(oldFfmpeg)).toMatchObject({
      version: expect.stringMatching(/^N-47683/),
      passthrough: '-vsync',
    });
  });

  it('knows a new build', async () => {
    const text = 'echo "ffmpeg version 8.0 Copyright"; echo "libavcodec     62. 11.100 / 62. 11.100"';
    expect(await locateFfmpeg(script(text))).toMatchObject({ version: '8.0', passthrough: '-fps_mode' });
  });

  it('prefers the option to FFMPEG_PATH, that to PATH, and that to the npm package', async () => {
    const onPath = script('echo "ffmpeg version 1.0"');
    const env = script('echo "ffmpeg version 2.0"');
    vi.stubEnv('PATH', `${scratch()}${path.delimiter}${path.dirname(onPath)}`);
    vi.stubEnv('FFMPEG_PATH', env);
    expect(await locateFfmpeg(oldFfmpeg)).toMatchObject({ origin: 'option' });
    expect(await locateFfmpeg()).toMatchObject({ path: env, origin: 'env' });
    vi.stubEnv('FFMPEG_PATH', '');
    expect(await locateFfmpeg()).toMatchObject({ path: onPath, origin: 'path' });
    vi.stubEnv('PATH', scratch());
    expect(await locateFfmpeg()).toMatchObject({
      path: oldFfmpeg,
      origin: 'installer',
      notice: expect.stringContaining('2018'),
    });
  });

  it('looks a bare name up on PATH', async () => {
    const file = script('echo "ffmpeg version 3.0"');
    vi.stubEnv('PATH', path.dirname(file));
    expect(await locateFfmpeg('ffmpeg')).toMatchObject({ path: file });
    await expect(locateFfmpeg('ffmpeg-of-mine')).rejects.toMatchObject({
      code: 'bad-ffmpeg',
      message: expect.stringContaining('ffmpeg-of-mine'),
    });
  });

  it.each([
    ['does not exist', () => '/nowhere/ffmpeg'],
    ['not an executable file', () => scratch()],
    ['not an executable file', () => writeWith('ffmpeg', 'text')],
    ['is not an ffmpeg', () => script('echo "something else"')],
    ['does not run', () => script('exit 3')],
    ['does not run', () => writeWith('ffmpeg', '')],
  ])('a named binary that %s is an error of its own', async (words, make) => {
    const file = make();
    if (words === 'does not run') chmodSync(file, 0o755);
    await expect(locateFfmpeg(file)).rejects.toMatchObject({ code: 'bad-ffmpeg' });
    await expect(locateFfmpeg(file)).rejects.toThrow(file);
    vi.stubEnv('FFMPEG_PATH', file);
    await expect(all(decode(oldFfmpeg))).rejects.toThrow(words === 'does not run' ? file : words);
  });

  it('asks a binary that was repaired again', async () => {
    const file = script('exit 1');
    await expect(locateFfmpeg(file)).rejects.toMatchObject({ code: 'bad-ffmpeg' });
    writeFileSync(file, '#!/bin/sh\necho "ffmpeg version 4.0"\n');
    expect(await locateFfmpeg(file)).toMatchObject({ version: '4.0' });
  });

  it('says how to get one where there is none', () => {
    // A copy of the modules far from any node_modules, run with an empty PATH.
    const home = scratch();
    const source = path.resolve(import.meta.dirname, '../../src');
    cpSync(path.join(source, 'errors'), path.join(home, 'errors'), { recursive: true });
    cpSync(path.join(source, 'sources/ffmpeg/locate.ts'), path.join(home, 'sources/ffmpeg/locate.ts'));
    const main =
      "import { locateFfmpeg } from './sources/ffmpeg/locate.ts'; locateFfmpeg().catch((e) => console.log(e.code, e.message));";
    writeFileSync(path.join(home, 'main.mts'), main);
    const args = ['--import', import.meta.resolve('tsx'), path.join(home, 'main.mts')];
    const text = execFileSync(process.execPath, args, { cwd: home, env: { PATH: scratch() }, encoding: 'utf8' });
    expect(text).toMatch(/^no-ffmpeg no ffmpeg found: install it \(apt install ffmpeg.*FFMPEG_PATH.*npm install/);
  });
});
