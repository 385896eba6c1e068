import * as tf from '@tensorflow/tfjs-core';
import { lastValueFrom, toArray } from 'rxjs';
import {
  aggregate,
  csvWriter,
  importModel,
  infer,
  modelFrom,
  OptionError,
  picture,
  pipeline,
  readModel,
  repaint,
  ShapeError,
  taskFromSpec,
  toNdjson,
  upsample,
  useEngine,
  webvttWriter,
  writeModel,
  type PictureOutputs,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PictureView } from '../../../src/frames/picture-view.ts';
import { leakFree, run } from '../../support/balance.ts';
import { convolutions, identity, modelOf, noise, sourceOf } from './pictures.ts';

beforeAll(() => useEngine('cpu'));

async function read(settings: PictureOutputs, shape: number[], values: number[], view?: PictureView) {
  const output = tf.tensor(values, shape);
  try {
    const reader = picture(settings).reader([]);
    reader.checkShape(shape);
    return await reader.read(output, view);
  } finally {
    output.dispose();
  }
}

/** The error of a call. */
const thrown = (call: () => unknown): unknown => {
  try {
    return call();
  } catch (error) {
    return error;
  }
};

describe('picture', () => {
  it('makes bytes of the values, rounded and clamped', async () => {
    const { size, image } = await leakFree(() =>
      read({ range: [0, 1], layout: 'nhwc' }, [1, 1, 2, 3], [0, 0.5, 1, -3, 7, 0.0021]),
    );
    expect(size).toEqual({ width: 2, height: 1 });
    expect([...(image?.data ?? [])]).toEqual([0, 128, 255, 0, 255, 1]);
    expect([image?.width, image?.height, image?.channels]).toEqual([2, 1, 3]);
  });

  it.each([
    ['a range around 0', { range: [-1, 1] as const }, [1, 1, 1, 3], [-1, 0, 1], [0, 128, 255]],
    ['bytes', { range: [0, 255] as const }, [1, 1, 1, 3], [12, 99.4, 255], [12, 99, 255]],
    ['a negative', { range: [1, 0] as const }, [1, 1, 1, 3], [1, 0.2, 0], [0, 204, 255]],
    ['grey', { range: [0, 255] as const }, [1, 1, 2, 1], [7, 9], [7, 7, 7, 9, 9, 9]],
    ['planes', { range: [0, 255] as const }, [1, 3, 1, 2], [1, 2, 3, 4, 5, 6], [1, 3, 5, 2, 4, 6]],
    ['a grey plane', { range: [0, 255] as const }, [1, 1, 2, 2], [1, 2, 3, 4], [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]],
    [
      'bgr',
      { range: [0, 255] as const, channelOrder: 'bgr' as const },
      [1, 2, 1, 3],
      [1, 2, 3, 4, 5, 6],
      [3, 2, 1, 6, 5, 4],
    ],
  ])('reads %s', async (_, settings, shape, values, bytes) => {
    const layout = shape[1] === 1 && shape[3] !== 2 ? { layout: 'nhwc' as const } : {};
    expect([...((await read({ ...layout, ...settings }, shape, values)).image?.data ?? [])]).toEqual(bytes);
  });

  it('says where the picture is in the source picture', async () => {
    const view = {
      size: { width: 2, height: 2 },
      source: { width: 40, height: 20 },
      left: 10,
      top: 0,
      scaleX: 10,
      scaleY: 10,
    };
    const { image } = await read({ range: [0, 1] }, [1, 4, 4, 1], new Array<number>(16).fill(0), view);
    expect(image?.view).toEqual({ ...view, size: { width: 4, height: 4 }, scaleX: 5, scaleY: 5 });
  });

  it('infer gives the picture of what the network saw', async () => {
    const model = await modelOf(pipeline({ name: 'twice', inputShape: [1, 8, 8, 3] }, upsample({ size: 2 })), 8);
    const given = noise(8, 8);
    const [result] = await leakFree(() => lastValueFrom(sourceOf([given]).pipe(infer(model), toArray())));
    expect(result).toMatchObject({ source: 'test', seq: 0, size: { width: 16, height: 16 } });
    expect(result?.image?.data.slice(0, 6)).toEqual(
      Uint8ClampedArray.from([...given.data.slice(0, 3), ...given.data.slice(0, 3)]),
    );
  });

  it('files hold its size, and no pixels', async () => {
    const task = picture({ range: [0, 1] });
    const result = {
      source: 'clip.mp4',
      seq: 3,
      timestamp: 120_000,
      ...(await read({ range: [0, 1] }, [1, 2, 4, 1], [0, 0, 0, 0, 0, 0, 0, 0])),
    };
    expect(toNdjson(result, { task })).toBe(
      '{"source":"clip.mp4","seq":3,"timestamp":120000,"size":{"width":4,"height":2}}\n',
    );
    const csv = csvWriter({ task }).open();
    expect(csv.write(result) + csv.end()).toMatch(/width,height\r?\n.*,4,2/);
    expect(() => webvttWriter({ task })).toThrow(OptionError);
    expect(task.captions(result)).toEqual([]);
    expect(task.overlay(result, { width: 9, height: 9 })).toBeUndefined();
  });

  it('an aggregate has the picture of the last frame', async () => {
    const model = await modelOf(identity(4), 4);
    const second = noise(4, 4, 2);
    const results = sourceOf([noise(4, 4, 1), second]).pipe(infer(model));
    const [only] = await lastValueFrom(
      results.pipe(aggregate('second', { task: picture({ range: [0, 1] }) }), toArray()),
    );
    expect([...(only?.image?.data ?? [])]).toEqual([...second.data]);
    expect(
      picture({ range: [0, 1] })
        .aggregator({})
        .take(),
    ).toEqual({ size: { width: 0, height: 0 } });
  });

  it('a spec and a model file keep it', async () => {
    const task = picture({ range: [-1, 1], layout: 'nhwc', channelOrder: 'bgr' });
    expect(JSON.parse(JSON.stringify(task.spec))).toEqual({
      kind: 'picture',
      range: [-1, 1],
      layout: 'nhwc',
      channelOrder: 'bgr',
    });
    expect(taskFromSpec(task.spec).spec).toEqual(task.spec);
    const model = await modelOf(convolutions(8), 8);
    const file = new File([Uint8Array.from(writeModel(model as never))], 'net.safetensors');
    const again = await importModel([file], { task: picture({ range: [0, 1] }) });
    expect(again.task.spec).toEqual({ kind: 'picture', range: [0, 1] });
    const stored = readModel(new Uint8Array(await file.arrayBuffer()), 'net.safetensors');
    expect(stored.task.spec).toEqual(model.task.spec);
    const given = noise(20, 9);
    const [one, other] = await Promise.all(
      [model, stored as unknown as typeof model].map((of) => run(sourceOf([given]).pipe(infer(of)))),
    );
    expect(other?.values[0]?.image?.data).toEqual(one?.values[0]?.image?.data);
    expect(() => repaint(again)).not.toThrow();
  });
});

describe('picture, where something is wrong', () => {
  it.each([
    [{}, 'picture: range must be two different numbers'],
    [{ range: [0, 0] }, 'picture: range must be two different numbers'],
    [{ range: [0, NaN] }, 'picture: range must be two different numbers'],
    [{ range: [0, 1, 2] }, 'picture: range must be two different numbers'],
    [{ range: 255 }, 'such as [0, 1], [-1, 1] or [0, 255], not 255'],
    [{ range: [0, 1], layout: 'chw' }, 'picture: layout must be nhwc or nchw'],
    [{ range: [0, 1], channelOrder: 'rbg' }, 'picture: channelOrder must be rgb or bgr'],
    [{ ranges: [0, 1] }, 'did you mean range'],
  ])('refuses the settings %j', (settings, message) => {
    for (const call of [() => picture(settings as never), () => taskFromSpec({ kind: 'picture', ...settings })]) {
      const error = thrown(call);
      expect(error).toBeInstanceOf(OptionError);
      expect(String(error)).toMatch(message);
    }
  });

  it.each([
    [[1, 4, 4, 2], 'needs a picture, [1, height, width, 1 or 3 channels], but got [1, 4, 4, 2]'],
    [[1, 4, 4, 4], 'needs a picture'],
    [[2, 4, 4, 3], 'needs a picture'],
    [[1, 4, 4], 'needs a picture'],
    [[1, 10], 'needs a picture'],
    [[1, 0, 4, 3], 'needs a picture'],
    [[1, 4, 4, 3, 1], 'needs a picture'],
    [[1, 3, 4, 3], 'whose channels may be first or last: give layout'],
    [[1, 1, 1, 3], 'whose channels may be first or last: give layout'],
  ])('refuses an output %j', (shape, message) => {
    const error = thrown(() =>
      picture({ range: [0, 1] })
        .reader([])
        .checkShape(shape),
    );
    expect(error).toBeInstanceOf(ShapeError);
    expect(String(error)).toContain(message);
  });

  it('a layout that does not fit is refused, too', () => {
    const reader = picture({ range: [0, 1], layout: 'nchw' }).reader([]);
    expect(() => reader.checkShape([1, 4, 4, 3])).toThrow('needs a picture, [1, 1 or 3 channels, height, width]');
    expect(() => reader.checkShape([1, 3, 4, 3])).not.toThrow();
  });

  it.each([NaN, Infinity, -Infinity])('%s is no colour', async (value) => {
    await expect(read({ range: [0, 1] }, [1, 2, 2, 1], [0, 0, 0, value])).rejects.toThrow(
      `value 3 of the picture is ${value}`,
    );
  });

  it('labels are refused', () => {
    expect(() => picture({ range: [0, 1] }).reader(['cat'])).toThrow('a picture has no labels, but the model has 1');
  });

  it('a network of another output is refused when the model is made', async () => {
    const made = modelFrom(
      pipeline({ name: 'two', inputShape: [1, 4, 4, 2] }, upsample({ size: 2 })) as never,
      { width: 4, height: 4, range: [0, 1] },
      { task: picture({ range: [0, 1] }) },
    );
    await expect(made).rejects.toThrow();
  });

  it('of a picture whose place is not known has no place of its own', async () => {
    const { image } = await picture({ range: [0, 1] })
      .reader([])
      .read(tf.zeros([1, 2, 2, 3]));
    expect([image?.view, image?.resized]).toEqual([undefined, 'repainted']);
  });
});
