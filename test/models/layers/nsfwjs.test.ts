import { readFileSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runInNewContext } from 'node:vm';
import * as tf from '@tensorflow/tfjs-core';
import * as tl from '@tensorflow/tfjs-layers';
import { firstValueFrom } from 'rxjs';
import { frameSource, importModel, infer, layersModel, useEngine } from 'sluice';
import { extract } from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { npmArchive } from '../../support/npm-archive.ts';
import { randomFrom } from '../../support/random.ts';

// Two models of Keras in everyday use, whose weights have 8 bits: MobileNet v2 and Inception v3. Licence: MIT.

const archive = await npmArchive('nsfwjs@4.4.0', '585cd178f3b994337c4d10a87b080d342fc52f8b9bf0085c4d1f345a3a1c5382');

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-nsfwjs-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => useEngine('wasm'));

interface ModelJson {
  readonly modelTopology: object;
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: tf.io.WeightsManifestEntry[];
  }[];
}

/** What a script of the package exports: the data of a model as a literal of JavaScript. */
function exported(file: string): unknown {
  const script = readFileSync(file, 'utf8');
  const start = script.indexOf('.exports=', script.indexOf('({1:[function')) + '.exports='.length;
  const literal = script.slice(start, script.lastIndexOf('},{}]},{}'));
  return JSON.parse(String(runInNewContext(`JSON.stringify(${literal})`)));
}

async function unpacked(
  name: string,
): Promise<{ readonly json: ModelJson; readonly weights: Uint8Array<ArrayBuffer> }> {
  const inside = `package/dist/models/${name}/`;
  await extract({ file: archive ?? '', cwd: folder, filter: (entry) => entry.startsWith(inside) });
  const read = (file: string) => exported(path.join(folder, inside, `${file}.min.js`));
  const json = read('model') as ModelJson;
  const shards = json.weightsManifest.flatMap(({ paths }) => paths.map((shard) => read(shard) as string));
  return { json, weights: Uint8Array.from(Buffer.concat(shards.map((text) => Buffer.from(text, 'base64')))) };
}

describe.skipIf(archive === undefined).each([
  ['mobilenet_v2', 224],
  ['inception_v3', 299],
])('%s of nsfwjs', (name, size) => {
  it('gives what tfjs-layers gives, and classes of importModel', { timeout: 200_000 }, async () => {
    const { json, weights } = await unpacked(name);
    const random = randomFrom(9);
    const bytes = Uint8Array.from({ length: size * size * 3 }, () => Math.floor(random() * 256));
    const picture = Float32Array.from(bytes, (value) => value / 255);

    const weightSpecs = json.weightsManifest.flatMap((group) => group.weights);
    const theirs = await tl.loadLayersModel({
      load: async () => ({ modelTopology: json.modelTopology, weightSpecs, weightData: weights.buffer }),
    });
    const x = tf.tensor4d(picture, [1, size, size, 3]);
    const output = theirs.predict(x) as tf.Tensor;
    const expected = Array.from(await output.data());
    theirs.dispose();

    const manifest = [{ paths: ['w.bin'], weights: weightSpecs }];
    const main = JSON.stringify({
      format: 'layers-model',
      modelTopology: json.modelTopology,
      weightsManifest: manifest,
    });
    const files = [new File([main], 'model.json'), new File([weights], 'w.bin')];
    const net = await layersModel(files);
    const kernel = net.build([1, size, size, 3]);
    const y = kernel.run(x);
    const actual = Array.from(await y.data());
    kernel.dispose();
    tf.dispose([x, y, output]);
    expect(actual).toHaveLength(5);
    actual.forEach((score, i) => expect(Math.abs(score - (expected[i] ?? NaN))).toBeLessThan(1e-5));

    const labels = ['first', 'second', 'third', 'fourth', 'fifth'];
    const model = await importModel(files, { labels, normalize: { range: [0, 1] } });
    const pixels = { width: size, height: size, channels: 3 as const, data: bytes };
    const source = frameSource([{ data: pixels, timestamp: 0 }], { source: 'noise' });
    const { classes } = await firstValueFrom(source.pipe(infer(model)));
    expect(classes[0]?.index).toBe(expected.indexOf(Math.max(...expected)));
    expect(classes.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 4);
  });
});
