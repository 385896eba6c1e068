// The same test for Vitest and for both ways of Jest, in an environment with a DOM: its URL, and with Jest also its
// Uint8Array and Error, are not those of Node's own modules.
import { readFileSync } from 'node:fs';
import { lastValueFrom, toArray } from 'rxjs';
import { frameSource, infer, importModel, OptionError, readSafetensors, useEngine } from 'sluice';
import { images } from 'sluice/node';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';

test('there is a DOM', () => {
  expect(document.createElement('canvas').tagName).toBe('CANVAS');
});

test('labels pixels', async () => {
  await useEngine('wasm');
  const model = await mobilenetV1();
  const pixels = { width: 224, height: 224, channels: 3, data: new Uint8Array(readFileSync('squirrel.rgb')) };
  const frames = frameSource([{ data: pixels, timestamp: 0 }], { source: 'photo' });
  const { classes } = await lastValueFrom(frames.pipe(infer(model, { top: 1 })));
  expect(classes[0].label).toBe('fox squirrel');
}, 60_000);

test('labels a picture file, and says which one is missing', async () => {
  const model = await mobilenetV1();
  const label = (...files) =>
    lastValueFrom(images(files, { resize: model.preprocess }).pipe(infer(model, { top: 1 }), toArray()));
  const [{ classes }] = await label(new URL(`file://${process.cwd()}/squirrel.jpg`));
  expect(classes[0].label).toBe('fox squirrel');
  await expect(label('none.jpg')).rejects.toMatchObject({ code: 'not-found' });
}, 60_000);

test('reads a model by its URL', async () => {
  const model = await importModel(new URL(`file://${process.cwd()}/my-model/model.json`));
  expect(model.labels).toContain('dog');
});

test('still refuses what is not bytes', () => {
  expect(() => readSafetensors('text', 'a.safetensors')).toThrow(OptionError);
  expect(() => readSafetensors(new Uint16Array(8), 'a.safetensors')).toThrow('must be a Uint8Array');
});
