import { WeightsError } from 'sluice';
import { describe, expect, it } from 'vitest';
import { ultralyticsSettings } from '../../../src/models/metadata/ultralytics.ts';

const read = (entries: Readonly<Record<string, string>>) =>
  ultralyticsSettings(new Map(Object.entries(entries)), 'yolo.onnx');

/** As an export of YOLO11 has it. */
const EXPORT = {
  description: 'Ultralytics YOLO11n model trained on coco.yaml',
  author: 'Ultralytics',
  license: 'AGPL-3.0 License (https://ultralytics.com/license)',
  version: '8.3.40',
  stride: '32',
  task: 'detect',
  batch: '1',
  imgsz: '[480, 640]',
  names: "{0: 'person', 1: 'bicycle', 2: \"dog's bowl\"}",
};

describe('metadata of Ultralytics', () => {
  it('of a detector', () => {
    expect(read(EXPORT)).toEqual({
      labels: ['person', 'bicycle', "dog's bowl"],
      preparation: {
        size: { width: 640, height: 480 },
        normalize: { range: [0, 1] },
        channelOrder: 'rgb',
        fit: 'contain',
        resizeMethod: 'bilinear',
      },
      remarks: [],
      task: 'detect',
      taskSpec: { kind: 'detection' },
      stride: 32,
      keypoints: undefined,
    });
  });
  it('of a classifier', () => {
    const settings = read({ ...EXPORT, task: 'classify', imgsz: '[224, 224]' });
    expect(settings).toMatchObject({ task: 'classify', preparation: { fit: 'cover', resizeMethod: 'antialias' } });
  });
  it('of poses', () => {
    expect(read({ ...EXPORT, task: 'pose', kpt_shape: '[17, 3]' })?.keypoints).toEqual([17, 3]);
    expect(read({ ...EXPORT, task: 'pose', kpt_shape: '(17, 2)' })?.keypoints).toEqual([17, 2]);
    const spec = (shape: object) => read({ ...EXPORT, task: 'pose', ...shape })?.taskSpec;
    expect(spec({ kpt_shape: '[21, 3]' })).toEqual({ kind: 'keypoints', points: 21 });
    expect(spec({})).toEqual({ kind: 'keypoints' });
    expect(spec({ kpt_shape: '[0, 3]' })).toEqual({ kind: 'keypoints' });
  });
  it('of an old export: one number as imgsz, no author', () => {
    expect(read({ stride: '32', names: "{0: 'cat'}", imgsz: '320' })).toMatchObject({
      labels: ['cat'],
      preparation: { size: { width: 320, height: 320 } },
    });
  });
  it('of a list of names, as YOLOv5 has it', () => {
    expect(read({ stride: '32', names: "['cat', 'dog']" })?.labels).toEqual(['cat', 'dog']);
  });
  it('without names and size', () => {
    expect(read({ author: 'Ultralytics' })).toMatchObject({ stride: undefined, task: undefined });
  });
  it('is not that of another program', () => {
    expect(read({})).toBeUndefined();
    expect(read({ names: 'a', author: 'me' })).toBeUndefined();
  });
  it.each([
    ['names', 'person, bicycle'],
    ['names', "{0: 'a', 1: open('/etc/passwd')}"],
    ['names', "{'a': 0}"],
    ['names', "{0: 'a'"],
    ['names', '__import__'],
    ['imgsz', '[0, 640]'],
    ['imgsz', '[640, 640, 3]'],
    ['imgsz', '999999'],
    ['imgsz', 'large'],
    ['stride', '-32'],
    ['stride', '9'.repeat(1e6)],
    ['kpt_shape', '[[17]]'],
  ])('refuses %s of %s', (key, value) => {
    expect(() => read({ ...EXPORT, [key]: value })).toThrow(WeightsError);
    expect(() => read({ ...EXPORT, [key]: value })).toThrow(`yolo.onnx: ${key} of its metadata is `);
  });
  it('refuses names with gaps, of prototypes too', () => {
    expect(() => read({ ...EXPORT, names: "{0: 'a', 5: 'b'}" })).toThrow('no name for the index 1');
    expect(read({ ...EXPORT, names: "{0: '__proto__'}" })?.labels).toEqual(['__proto__']);
  });
});
