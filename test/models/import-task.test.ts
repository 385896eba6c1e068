import { firstValueFrom } from 'rxjs';
import {
  classification,
  detection,
  embedding,
  importModel,
  infer,
  OptionError,
  frameSource,
  readModel,
  regression,
  useEngine,
  writeModel,
  type ModelSource,
  type Pixels,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { detectorFiles } from '../support/own-detector.ts';
import { layer, sequential, written } from './layers/written.ts';

beforeAll(() => useEngine('cpu'));

const RAW = { normalize: { range: [0, 1] } } as const;
const files = detectorFiles([
  [2, 2, 6, 4, 0.9, 1],
  [0, 0, 8, 8, 0.25, 0],
]);

/** A model of three numbers. */
const numbers = (): ModelSource =>
  written(
    sequential(
      layer('GlobalAveragePooling2D', 'mean', { batch_input_shape: [null, 8, 8, 3] }),
      layer('Dense', 'last', { units: 3, activation: 'linear', use_bias: false }),
    ),
    { 'last/kernel': { shape: [3, 3], data: [1, 0, 0, 0, 1, 0, 0, 0, 1] } },
  );

describe('importModel with a task', () => {
  it('gives boxes in the source picture', async () => {
    const model = await importModel(files, { ...RAW, task: detection(), labels: ['cat', 'dog'] });
    // The network sees the middle 16×16 pixels of 32×16 at half their size.
    const data = new Uint8Array(32 * 16 * 3);
    const pixels: Pixels = { width: 32, height: 16, channels: 3, data };
    const { boxes, picture } = await firstValueFrom(
      frameSource([{ data: pixels, timestamp: 0 }], { source: 'x' }).pipe(infer(model)),
    );
    expect(picture).toEqual({ width: 32, height: 16 });
    expect(boxes).toEqual([
      { x: 12, y: 4, width: 8, height: 4, score: expect.closeTo(0.9, 5), label: 'dog', index: 1 },
    ]);
  });

  it('a model file keeps the task with its settings; one of the same kind without settings leaves them', async () => {
    const task = detection({ head: 'boxes', units: 'pixels', suppressed: false });
    const written = Uint8Array.from(writeModel(await importModel(files, { ...RAW, task, labels: ['cat', 'dog'] })));
    expect(readModel(written, 'file').task.spec).toEqual(task.spec);
    const again = await importModel([new File([written], 'm.safetensors')], { task: detection() });
    expect(again.task.spec).toEqual(task.spec);
    expect(again.labels).toEqual(['cat', 'dog']);
    const other = await importModel([new File([written], 'm.safetensors')], { task: detection({ units: 'relative' }) });
    expect(other.task.spec).toEqual(detection({ units: 'relative' }).spec);
  });

  it('a task that is undefined is none: the model must give classes', async () => {
    await expect(importModel(files, { ...RAW, task: undefined } as never)).rejects.toThrow(OptionError);
  });

  it('a task of classes, of a value or of a vector is what outputKind says', async () => {
    const classes = await importModel(numbers(), { ...RAW, task: classification({ outputKind: 'logits' }) });
    expect(classes.task.spec).toEqual({ kind: 'classification', outputKind: 'logits' });
    expect(classes.labels).toEqual(['class 0', 'class 1', 'class 2']);
    expect((await importModel(numbers(), { ...RAW, task: embedding() })).task.kind).toBe('embedding');
    await expect(importModel(numbers(), { ...RAW, task: regression() })).rejects.toThrow(OptionError);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'a model of classes',
      () => importModel(numbers(), { ...RAW, task: detection() }),
      'detection needs the outputs of a detector, but got [1, 3], which no head has',
    ],
    [
      'another number of labels than classes',
      () => importModel(yolo(), { ...RAW, task: detection(), labels: ['cat'] }),
      'and 1 label, which no head has',
    ],
    [
      'a task beside an output kind',
      () => importModel(files, { ...RAW, task: detection(), outputKind: 'vector' } as never),
      'task says what the outputs mean: leave out outputKind',
    ],
    [
      'what is no task',
      () => importModel(files, { ...RAW, task: 'detection' as never }),
      'importModel: task must be a task such as act(), not "detection"',
    ],
  ])('%s is one clear error', async (_what, read, said) => {
    const error: unknown = await read().catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(OptionError);
    expect((error as Error).message).toContain(said);
  });
});

/** A model of five boxes with scores of three classes. */
function yolo(): ModelSource {
  return written(
    sequential(
      layer('GlobalAveragePooling2D', 'mean', { batch_input_shape: [null, 8, 8, 3] }),
      layer('Dense', 'all', { units: 70, activation: 'linear', use_bias: false }),
      layer('Reshape', 'boxes', { target_shape: [7, 10] }),
    ),
    { 'all/kernel': { shape: [3, 70], data: Array.from({ length: 210 }, () => 0) } },
  );
}
