import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { importModel, OptionError } from 'sluice';
import { describe, expect, it } from 'vitest';
import { mainFileIn } from '../../src/models/main-file.ts';
import { mainUrl } from '../../src/models/main-url.ts';
import { modelFiles } from '../../src/models/tfjs/model-files.ts';

/** A folder with these files, which are empty. */
function folder(...names: string[]): string {
  const made = mkdtempSync(path.join(tmpdir(), 'sluice-folder-'));
  for (const name of names) {
    mkdirSync(path.dirname(path.join(made, name)), { recursive: true });
    writeFileSync(path.join(made, name), '');
  }
  return made;
}

describe('the model in a folder', () => {
  it.each([
    ['model.json', ['model.json', 'model.onnx', 'a.safetensors', 'config.json']],
    ['keras_model.h5', ['keras_model.h5', 'labels.txt']],
    ['model.onnx', ['model.onnx', 'onnx/model.onnx', 'model.safetensors']],
    ['onnx/model.onnx', ['onnx/model.onnx', 'onnx/model_quantized.onnx', 'config.json', 'model.safetensors']],
    ['mine.keras', ['mine.keras', 'labels.txt', 'readme.md']],
    ['mine.H5', ['mine.H5', 'photo.jpg']],
    ['mine.tflite', ['mine.tflite']],
    ['yolo.onnx', ['yolo.onnx', 'data.yaml']],
    ['cats.safetensors', ['cats.safetensors', 'config.json']],
    ['saved_model.pb', ['saved_model.pb', 'variables/variables.index']],
  ])('%s of %j', (main, names) => {
    const made = folder(...names);
    expect(mainFileIn(made)).toBe(path.join(made, ...main.split('/')));
    expect(mainUrl(made)).toEqual(pathToFileURL(path.join(made, ...main.split('/'))));
    expect(mainUrl(new URL(`${pathToFileURL(made).href}/`))).toEqual(mainUrl(made));
  });

  it.each([
    [['a.h5', 'b.onnx', 'readme.md'], 'has several models (found a.h5, b.onnx): give the path of one of them'],
    [['readme.md', 'photo.jpg'], 'has no model.json and no other model (found photo.jpg, readme.md)'],
    [[], 'has no model.json and no other model (found nothing)'],
    [Array.from({ length: 20 }, (_, i) => `${String(i).padStart(2, '0')}.txt`), '10.txt, 11.txt and 8 more)'],
  ])('not in %j', async (names, message) => {
    const made = folder(...names);
    expect(() => mainFileIn(made)).toThrow(OptionError);
    expect(() => mainFileIn(made)).toThrow(message);
    await expect(importModel(made)).rejects.toThrow(message);
  });
});

describe('files beside onnx/model.onnx', () => {
  it('are in the folder above, if they are not beside it', async () => {
    const made = folder('onnx/model.onnx');
    writeFileSync(path.join(made, 'config.json'), 'above');
    writeFileSync(path.join(made, 'preprocessor_config.json'), 'above');
    writeFileSync(path.join(made, 'onnx/preprocessor_config.json'), 'beside');
    const files = modelFiles(made);
    const text = async (name: string) => {
      const bytes = await files.besideIfAny(name, 100);
      return bytes && new TextDecoder().decode(bytes);
    };
    expect(await text('config.json')).toBe('above');
    expect(await text('preprocessor_config.json')).toBe('beside');
    expect(await text('labels.json')).toBeUndefined();
    await expect(files.besideIfAny('../config.json', 100)).resolves.toBeUndefined();
    // Only what states settings: the weights of a model are in its own folder.
    await expect(files.beside('config.json', 100)).rejects.toThrow('cannot read');
  });
  it('but not above another folder', async () => {
    const made = folder('other/model.onnx');
    writeFileSync(path.join(made, 'config.json'), 'above');
    expect(await modelFiles(path.join(made, 'other')).besideIfAny('config.json', 100)).toBeUndefined();
  });
});
