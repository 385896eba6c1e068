import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { afterAll, describe, expect, it } from 'vitest';
import { sluice } from '../support/sluice.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const teachable = new URL('../data/teachable/model.json', import.meta.url).pathname;
const golden = new URL('../data/squirrel_224.rgb', import.meta.url);

describe('sluice export', () => {
  it('writes what ONNX Runtime runs: the golden photo is the fox squirrel', async () => {
    const file = join(folder, 'mobilenet.onnx');
    const { code, stdout, stderr } = await sluice(['export', file]);
    expect([code, stdout, stderr]).toEqual([0, '', `sluice: ${file}: mobilenet-v1 as ONNX, 16.9 MB\n`]);
    const session = await InferenceSession.create(file);
    const picture = Float32Array.from(readFileSync(golden), (value) => value / 127.5 - 1);
    const { output } = await session.run({ input: new Tensor('float32', picture, [1, 224, 224, 3]) });
    const scores = Array.from(output?.data as Float32Array);
    const best = scores.indexOf(Math.max(...scores));
    const { labels, preprocess } = await mobilenetV1();
    expect([output?.dims, labels[best]]).toEqual([[1, 1001], 'fox squirrel']);
    expect(Math.abs((scores[best] ?? NaN) - 0.9543)).toBeLessThan(0.001);
    const text = readFileSync(file).toString('utf8');
    expect(text).toContain(JSON.stringify(labels));
    expect(text).toContain(JSON.stringify(preprocess));
    await session.release();
  });

  it('writes a model of one’s own, given as a folder', async () => {
    const file = join(folder, 'own.onnx');
    expect(await sluice(['export', '--model', join(teachable, '..'), file])).toMatchObject({ code: 0 });
    const session = await InferenceSession.create(file);
    expect(session.outputMetadata[0]).toMatchObject({ name: 'output', type: 'float32' });
    await session.release();
  });

  it('replaces a file, and leaves nothing beside it', async () => {
    const place = join(folder, 'place');
    mkdirSync(place);
    const file = join(place, 'net.onnx');
    writeFileSync(file, 'what was there');
    expect(await sluice(['export', '--model', 'lenet5', '--seed', '1', file])).toMatchObject({ code: 0 });
    expect(readFileSync(file).length).toBeGreaterThan(240_000);
    expect(readdirSync(place)).toEqual(['net.onnx']);
  });

  it.each<[string, string[], number, string]>([
    ['no file', [], 2, "missing required argument 'file'"],
    ['a folder', [folder], 1, 'it is a directory'],
    ['a folder that is not there', [join(folder, 'none', 'a.onnx')], 1, 'cannot write'],
    [
      'a network that is none',
      ['--model', 'mobilenet', join(folder, 'a.onnx')],
      2,
      'no model and no file is called mobilenet',
    ],
    ['a network without weights', ['--model', 'squeezenet', join(folder, 'a.onnx')], 2, 'squeezenet has no weights'],
    ['an option that is none', ['--engine', 'cpu', join(folder, 'a.onnx')], 2, "unknown option '--engine'"],
    ['weights and seed', ['--weights', 'w', '--seed', '1', join(folder, 'a.onnx')], 2, 'cannot be used with'],
  ])('%s', async (_name, args, code, message) => {
    const ended = await sluice(['export', ...args]);
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(ended.stderr).toContain(message);
    expect(readdirSync(folder)).not.toContain('a.onnx');
  });
});
