import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { manifestOf, type ManifestSources } from '../../src/batch/manifest.ts';

/** The files, by their paths in the folder, that a job with this model depends on. */
function dependsOn(files: readonly string[], model: string, labels?: string): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-depends-'));
  for (const file of files) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), '');
  }
  const sources = {
    inputs: [],
    options: {
      model: path.join(folder, model),
      taskOptions: {},
      engine: 'auto',
      ...(labels === undefined ? {} : { labels }),
    },
    ready: { engine: { name: 'cpu' }, batch: 1 },
    ffmpeg: { version: '7' },
    version: '0',
  } as unknown as ManifestSources;
  return manifestOf(sources).model.map(({ name }) => path.relative(folder, name).replaceAll('\\', '/'));
}

describe('a batch job depends on', () => {
  it('all files of a model.json, given as a folder or by itself', () => {
    const files = ['model.json', 'group1-shard1of1.bin', 'preprocessor_config.json'];
    expect(dependsOn(files, '.').toSorted()).toEqual(files.toSorted());
    expect(dependsOn(files, 'model.json').toSorted()).toEqual(files.toSorted());
  });
  it('another model and what states settings beside it, and nothing else', () => {
    const files = ['mine.h5', 'config.json', 'labels.txt', 'photo.jpg'];
    expect(dependsOn(files, 'mine.h5')).toEqual(['mine.h5', 'config.json', 'labels.txt']);
    expect(dependsOn(['mine.h5', 'photo.jpg'], 'mine.h5')).toEqual(['mine.h5']);
  });
  it("Hugging Face's onnx/model.onnx and what is in the folder above", () => {
    const files = ['onnx/model.onnx', 'config.json', 'preprocessor_config.json', 'readme.md'];
    const wanted = ['onnx/model.onnx', 'config.json', 'preprocessor_config.json'];
    expect(dependsOn(files, 'onnx/model.onnx').toSorted()).toEqual(wanted.toSorted());
    expect(dependsOn(files, '.').toSorted()).toEqual([...wanted, 'readme.md'].toSorted());
  });
  it('no file for the names of ImageNet, or for a ready-made model', () => {
    expect(dependsOn(['mine.h5'], 'mine.h5', 'imagenet')).toEqual(['mine.h5']);
    expect(dependsOn([], 'mobilenet-v1')).toEqual([]);
  });
});
