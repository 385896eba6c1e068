import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layer, sequential } from '../models/layers/written.ts';
import { scratch } from '../support/media.ts';
import { Running, sluice, squirrel } from '../support/sluice.ts';

/** Begins every answer and never ends it. */
let server: Server;
let base = '';
let asked = 0;
beforeAll(async () => {
  server = createServer((_, response) => {
    asked++;
    response.writeHead(200).write('[');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe.skipIf(process.platform !== 'linux')('a signal while a model loads from a server that hangs', () => {
  const SIGNALS = [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const;

  it.each([
    ...SIGNALS.map(([signal, code]) => [signal, code, 'classify', ['--model', '{}/model.json']] as const),
    [...SIGNALS[0], 'classify', ['--labels', '{}/labels.json']] as const,
    [...SIGNALS[1], 'classify', ['--model', 'lenet5', '--weights', '{}/w.safetensors']] as const,
    ...SIGNALS.map(([signal, code]) => [signal, code, 'batch', ['--model', '{}/model.json']] as const),
    // With so many workers only they load the model.
    [...SIGNALS[0], 'batch', ['--labels', '{}/labels.json', '--workers', '1', '--memory', '4GB']] as const,
  ])('%s ends it with code %i: %s %j', async (signal, expected, command, options) => {
    const [folder, temporary] = [scratch(), scratch()];
    asked = 0;
    const args = options.map((option) => option.replace('{}', base));
    const out = path.join(folder, 'labels.ndjson');
    const run = new Running([command, ...args, '--out', out, squirrel], { env: { TMPDIR: temporary } });
    await run.until(() => asked > 0, 'a request');
    run.child.kill(signal);
    const { code, stderr } = await run.ended;
    expect(code).toBe(expected);
    expect(stderr).toContain('sluice: interrupted\n');
    expect(stderr).not.toContain('error');
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('what is not a regular file', () => {
  const pipe = () => {
    const file = path.join(scratch(), 'pipe');
    execFileSync('mkfifo', [file]);
    return file;
  };
  const zeros = () => {
    const file = path.join(scratch(), 'model.json');
    symlinkSync('/dev/zero', file);
    return file;
  };

  it.each<[string, string[], () => string, string]>([
    ['a pipe as the model', ['--model'], pipe, 'it is a pipe, not a regular file'],
    ['a link to /dev/zero as the model', ['--model'], zeros, 'it is a device, not a regular file'],
    ['a pipe as labels', ['--labels'], pipe, 'it is a pipe, not a regular file'],
    ['/dev/zero as labels', ['--labels'], () => '/dev/zero', 'it is a device, not a regular file'],
    ['a pipe as weights', ['--model', 'lenet5', '--weights'], pipe, 'it is a pipe, not a regular file'],
    ['a folder as weights', ['--model', 'lenet5', '--weights'], scratch, 'it is a folder, not a regular file'],
  ])('is refused in one line: %s', async (_, options, make, message) => {
    const file = make();
    const { code, stdout, stderr } = await sluice(['classify', '--quiet', ...options, file, squirrel]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^sluice: error: [^\n]*\n$/);
    expect(stderr).toContain(`cannot read ${file}: ${message}`);
  });

  it('is refused by batch, summary and export', async () => {
    const file = pipe();
    for (const args of [
      ['batch', '--quiet', '--model', file, squirrel],
      ['summary', file],
    ]) {
      const { code, stderr } = await sluice(args);
      expect([code, stderr]).toEqual([1, expect.stringContaining(`error: cannot read ${file}: it is a pipe`)]);
    }
    const out = path.join(scratch(), 'model.onnx');
    const exported = await sluice(['export', '--model', file, out]);
    expect([exported.code, existsSync(out)]).toEqual([1, false]);
  });

  it('is refused as the shell’s process substitution', async () => {
    const command = `"$0" "$1" classify --quiet --labels <(echo '["a"]') "$2"`;
    const main = path.join(import.meta.dirname, '../../dist/cli/main.js');
    const { code, stderr } = await sluice([process.execPath, main, squirrel], { command: ['bash', '-c', command] });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/it is a pipe, not a regular file: write what it gives/)]);
  });
});

describe('a model of too much work', () => {
  const folder = path.join(scratch(), 'pool');
  const topology = sequential(
    layer('AveragePooling2D', 'p', {
      ...{ pool_size: [2999, 2999], strides: [1, 1], padding: 'same' },
      batch_input_shape: [null, 3000, 3000, 3],
    }),
    layer('GlobalAveragePooling2D', 'g'),
  );
  beforeAll(() => {
    mkdirSync(folder);
    const json = { format: 'layers-model', modelTopology: topology, weightsManifest: [] };
    writeFileSync(path.join(folder, 'model.json'), JSON.stringify(json));
  });
  const REFUSED = /its stage p would take 2\.4e14 .* over the limit of 1e13: .*--max-work/;

  it.each(['wasm', 'onnxruntime', 'cpu'])('is refused by classify and batch on %s', async (engine) => {
    for (const command of ['classify', 'batch']) {
      const { code, stderr } = await sluice([command, '--quiet', '--engine', engine, '--model', folder, squirrel]);
      expect(code).toBe(1);
      expect(stderr).toMatch(REFUSED);
    }
  });

  it('is refused by summary and export', async () => {
    for (const args of [
      ['summary', folder],
      ['export', '--model', folder, path.join(folder, 'm.onnx')],
    ]) {
      const { code, stderr } = await sluice(args);
      expect([code, stderr]).toEqual([1, expect.stringMatching(REFUSED)]);
    }
  });

  it('is taken with a higher limit', async () => {
    const { code, stdout } = await sluice(['summary', '--max-work', '1e15', folder]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('[1, 3000, 3000, 3]')]);
    const out = path.join(folder, 'm.onnx');
    expect((await sluice(['export', '--max-work', '300000000000000', '--model', folder, out])).code).toBe(0);
    expect(existsSync(out)).toBe(true);
  });

  it('has a limit that can be lowered, in classify and in the workers of batch', async () => {
    for (const command of ['classify', 'batch']) {
      const { code, stderr } = await sluice([command, '--quiet', '--max-work', '1e6', squirrel]);
      expect([code, stderr]).toEqual([1, expect.stringMatching(/mobilenet-v1: its stage \S+ would take \S+ .* 1e6/)]);
    }
  });

  it.each(['0', '-1', 'much', '', 'Infinity'])('has no limit of %j', async (limit) => {
    const { code, stderr } = await sluice(['classify', '--max-work', limit, squirrel]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('It must be a number over 0.')]);
  });
});
