import { copyFileSync, cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { locateFfmpeg } from '../../src/sources/ffmpeg/locate.ts';
import { example } from './example.ts';
import { installIn } from './install-in.ts';
import { ownEnv } from './own-env.ts';
import { runIn } from '../consumer/run-in.ts';

// The test runners of docs/bundlers.md, with jsdom: each runs the same test of a project that uses sluice.

const project = mkdtempSync(path.join(tmpdir(), 'sluice-test-runners-'));

beforeAll(async () => {
  cpSync(path.join(import.meta.dirname, 'test-runners'), project, { recursive: true });
  for (const [file, contains] of [
    ['jest.setup.js', 'Object.assign(globalThis'],
    ['jest.esm.config.js', 'transform: {}'],
    ['jest.commonjs.config.js', '@swc/jest'],
  ] as const) {
    writeFileSync(path.join(project, file), example('docs/bundlers.md', 'js', contains));
  }
  copyFileSync('test/data/squirrel_224.rgb', path.join(project, 'squirrel.rgb'));
  copyFileSync('test/data/squirrel_cls.jpg', path.join(project, 'squirrel.jpg'));
  cpSync('test/data/teachable', path.join(project, 'my-model'), { recursive: true });
  await installIn(project, 'the test runners');
});

afterAll(() => rm(project, { recursive: true, force: true }));

const JEST = 'node_modules/jest/bin/jest.js';

it.each([
  ['Vitest with jsdom', ['node_modules/vitest/vitest.mjs', 'run']],
  ['Jest with ES modules', ['--experimental-vm-modules', JEST, '--config', 'jest.esm.config.js']],
  ['Jest with CommonJS', [JEST, '--config', 'jest.commonjs.config.js']],
])('%s', async (_, args) => {
  const env = ownEnv({ FFMPEG_PATH: (await locateFfmpeg()).path });
  const { code, stdout, stderr } = await runIn(project, process.execPath, args, { env });
  const printed = `${stdout}\n${stderr}`;
  expect(code, printed).toBe(0);
  expect(printed).toMatch(/5 passed/);
});
