import { OptionError, TrainingError, WeightsError, writeSafetensors, readSafetensors } from 'sluice';
import { describe, expect, it, test } from 'vitest';
import { readCheckpoint, writeCheckpoint, type Checkpoint } from '../../src/training/checkpoint.ts';

const identity = {
  model: '{"op":"pipeline"}',
  optimizer: '["adam",{"beta1":0.9}]',
  loss: '{"op":"crossEntropy"}',
  trainable: '["dense"]',
};

const weight = (shape: readonly number[], ...data: readonly number[]) => ({ shape, data: Float32Array.from(data) });

const values = {
  'weights/dense/kernel': weight([2, 2], 1, -2, 3.5, 1e-30),
  'weights/dense/bias': weight([2], 0, -0),
  'memory0/dense/kernel': weight([2, 2], 5, 6, 7, 8),
  'memory0/dense/bias': weight([2], 9, 10),
};
const best = {
  'best/dense/kernel': weight([2, 2], 0.1, 0.2, 0.3, 0.4),
  'best/dense/bias': weight([2], 0.5, 0.6),
};
const state = { epoch: 3, step: 42, stepsPerEpoch: 14 };
const whole: Checkpoint = { identity, ...state, best: { epoch: 2, value: 0.25 }, values: { ...values, ...best } };
const shapes = new Map(Object.entries(values).map(([name, { shape }]) => [name, shape] as const));

const read = (bytes: Uint8Array, of: Readonly<Record<string, string>> = identity) =>
  readCheckpoint('fit', bytes, of, shapes);

/** A checkpoint with other metadata, which `writeCheckpoint` would never write. */
function withMetadata(changes: Readonly<Record<string, string | undefined>>, tensors: object = values): Uint8Array {
  const metadata = { format: 'sluice-checkpoint 1', state: JSON.stringify(state), ...identity, ...changes };
  const given = Object.entries(metadata).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return writeSafetensors(tensors as typeof values, 'F32', Object.fromEntries(given));
}

/** A safetensors file of this header. */
function withHeader(header: string, data = new Uint8Array(0)): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('a checkpoint', () => {
  test('comes back as it was', () => {
    expect(read(writeCheckpoint(whole))).toEqual(whole);
  });
  test('comes back without a best epoch', () => {
    const { best: _best, ...without } = { ...whole, values };
    expect(read(writeCheckpoint(without))).toEqual(without);
    expect('best' in read(writeCheckpoint({ ...without, best: undefined }))).toBe(false);
  });
  test('comes back from any place in a larger array', () => {
    const bytes = writeCheckpoint(whole);
    for (const offset of [1, 2, 3, 8]) {
      const larger = new Uint8Array(bytes.length + offset + 5);
      larger.set(bytes, offset);
      expect(read(larger.subarray(offset, offset + bytes.length))).toEqual(whole);
    }
    expect(read(Buffer.from(bytes)).step).toBe(42);
  });
  test('keeps every bit of its numbers', () => {
    const odd = Float32Array.from([1 / 3, -0, 1e-45, 3.4e38, -1e-30, Infinity, NaN, 0]);
    const tensors = { ...values, 'weights/dense/kernel': weight([2, 2], ...odd.subarray(0, 4)) };
    tensors['memory0/dense/kernel'] = weight([2, 2], ...odd.subarray(4));
    const back = read(writeCheckpoint({ ...whole, best: undefined, values: tensors }));
    expect(back.values).toEqual(tensors);
    expect(Object.is(back.values['weights/dense/bias']?.data[1], -0)).toBe(true);
  });
  test('of a step that is about to be the last whole number', () => {
    const far = { ...whole, step: Number.MAX_SAFE_INTEGER, epoch: 0, stepsPerEpoch: 0 };
    expect(read(writeCheckpoint(far))).toMatchObject({ step: Number.MAX_SAFE_INTEGER, epoch: 0 });
  });
  test('is a safetensors file, which other programs can read', () => {
    const stored = readSafetensors(writeCheckpoint(whole), 'checkpoint');
    expect(Object.keys(stored)).toEqual(Object.keys(whole.values));
    expect(stored['best/dense/bias']).toEqual(best['best/dense/bias']);
  });
  test('is without the tensors that this training has no use for', () => {
    const more = {
      ...values,
      ...best,
      'weights/other/kernel': weight([1], 1),
      'memory7/dense/bias': weight([2], 1, 1),
    };
    expect(Object.keys(read(withMetadata({}, more)).values)).toEqual(Object.keys(values));
  });
  test('of a training with nothing to remember', () => {
    const bytes = writeCheckpoint({ identity: {}, ...state, values: {} });
    expect(readCheckpoint('fit', bytes, {}, new Map())).toEqual({ identity: {}, ...state, values: {} });
  });
});

describe('of another training, it is refused:', () => {
  it.each(Object.keys(identity))('another %s', (part) => {
    const error = thrownBy(() => read(writeCheckpoint(whole), { ...identity, [part]: '"another"' }));
    expect(error).toBeInstanceOf(TrainingError);
    expect(error).toMatchObject({ code: 'training', stage: 'fit' });
    expect(String(error)).toContain(
      `fit can't go on from this checkpoint: it is of another ${part}. Train with the ${part} that it was made with, or leave resume out`,
    );
  });
  it.each(Object.keys(identity))('no %s', (part) => {
    expect(() => read(withMetadata({ [part]: undefined }))).toThrow(TrainingError);
  });
  it.each(Object.keys(whole.values))('%s is missing', (name) => {
    const { [name]: _missing, ...others } = whole.values;
    const error = thrownBy(() => read(writeCheckpoint({ ...whole, values: others })));
    expect(error).toBeInstanceOf(TrainingError);
    expect(String(error)).toMatch(new RegExp(`${name} \\[2(, 2)?\\] is missing`));
  });
  it.each(Object.keys(whole.values))('%s has another shape', (name) => {
    for (const shape of [[4], [1, 4], [4, 1], [2, 2, 1], []]) {
      const size = shape.reduce((a, b) => a * b, 1);
      const changed = { ...whole.values, [name]: weight(shape, ...Array.from({ length: size }, () => 1)) };
      const error = thrownBy(() => read(writeCheckpoint({ ...whole, values: changed })));
      expect(error).toBeInstanceOf(TrainingError);
      expect(String(error)).toContain(`${name} [`);
      expect(String(error)).toContain(` is [${shape.join(', ')}]`);
    }
  });
});

describe('damaged, it is a WeightsError:', () => {
  const bytes = writeCheckpoint(whole);
  const header = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));

  it('cut off anywhere in its header', () => {
    for (let length = 0; length < header; length++) {
      expect(
        thrownBy(() => read(bytes.slice(0, length))),
        `${length} bytes`,
      ).toBeInstanceOf(WeightsError);
    }
  });
  it('cut off anywhere in its data, or with more behind it', () => {
    for (let length = header; length < bytes.length; length++) {
      expect(
        thrownBy(() => read(bytes.slice(0, length))),
        `${length} bytes`,
      ).toBeInstanceOf(WeightsError);
    }
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    expect(() => read(longer)).toThrow(WeightsError);
  });
  it('with any byte of its header changed, unless that leaves a checkpoint', () => {
    for (let at = 0; at < header; at++) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      const error = thrownBy(() => read(changed));
      if (error === undefined) continue;
      expect(error instanceof WeightsError || error instanceof TrainingError, `byte ${at}: ${String(error)}`).toBe(
        true,
      );
    }
  });
  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['zeros', new Uint8Array(100)],
    ['a text', new TextEncoder().encode('this is not a checkpoint at all')],
    ['a header of 2⁶⁴ bytes', new Uint8Array(64).fill(0xff)],
    ['a header that is a list', withHeader('[]')],
    ['a header that is null', withHeader('null')],
    ['metadata that is a list', withHeader('{"__metadata__":["format"]}')],
    ['metadata that is a text', withHeader('{"__metadata__":"sluice-checkpoint 1"}')],
    ['metadata with numbers', withHeader('{"__metadata__":{"format":1}}')],
    ['metadata inside metadata', withHeader('{"__metadata__":{"format":{"a":"b"}}}')],
  ])('%s', (_name, wrong) => {
    expect(() => read(wrong)).toThrow(WeightsError);
    expect(() => read(wrong)).toThrow('the checkpoint');
  });
  it.each<[string, Uint8Array]>([
    ['the weights of a model', writeSafetensors(values)],
    ['a file with other metadata', writeSafetensors(values, 'F32', { format: 'pt' })],
    ['a later version', withMetadata({ format: 'sluice-checkpoint 2' })],
    ['no format', withMetadata({ format: undefined })],
    ['metadata with a prototype', withHeader('{"__metadata__":{"__proto__":"sluice-checkpoint 1"}}')],
    ['no metadata', withHeader('{}')],
  ])('%s, which fit has not written', (_name, wrong) => {
    expect(() => read(wrong)).toThrow(WeightsError);
    expect(() => read(wrong)).toThrow(
      'the checkpoint is a safetensors file, but fit has not written it: resume needs what checkpoint was given',
    );
  });
  it.each<[string, string | undefined]>([
    ['missing', undefined],
    ['empty', ''],
    ['not JSON', '{epoch: 3}'],
    ['half of JSON', '{"epoch":3,"step":42'],
    ['null', 'null'],
    ['a number', '3'],
    ['a list', '[3,42,14]'],
    ['a text', '"3"'],
    ['empty JSON', '{}'],
    ['without a step', '{"epoch":3,"stepsPerEpoch":14}'],
    ['an epoch as a text', '{"epoch":"3","step":42,"stepsPerEpoch":14}'],
    ['an epoch below 0', '{"epoch":-1,"step":42,"stepsPerEpoch":14}'],
    ['part of a step', '{"epoch":3,"step":4.2,"stepsPerEpoch":14}'],
    ['a huge step', '{"epoch":3,"step":1e300,"stepsPerEpoch":14}'],
    ['a step past all numbers', '{"epoch":3,"step":1e999,"stepsPerEpoch":14}'],
    ['a step past the whole numbers', '{"epoch":3,"step":9007199254740992,"stepsPerEpoch":14}'],
    ['what its prototype says', '{"__proto__":{"epoch":3,"step":42,"stepsPerEpoch":14}}'],
    ['nested deeply', '['.repeat(5000) + ']'.repeat(5000)],
  ])('its state is %s', (_name, text) => {
    const error = thrownBy(() => read(withMetadata({ state: text })));
    expect(error).toBeInstanceOf(WeightsError);
    expect(String(error)).toContain('the checkpoint is damaged: its state');
  });
  it.each<[string, string]>([
    ['null', 'null'],
    ['a number', '3'],
    ['a list', '[2,0.25]'],
    ['a value that is a text', '{"epoch":2,"value":"0.25"}'],
    ['a value that was infinite', '{"epoch":2,"value":null}'],
    ['an epoch below 0', '{"epoch":-2,"value":0.25}'],
  ])('but a best epoch that is %s counts as none', (_name, text) => {
    const json = `{"epoch":3,"step":42,"stepsPerEpoch":14,"best":${text}}`;
    const { best: found, ...others } = read(withMetadata({ state: json }));
    expect(found).toBeUndefined();
    expect(others).toEqual({ identity, ...state, values });
  });
  it('and leaves prototypes as they were', () => {
    const json = '{"epoch":3,"step":42,"stepsPerEpoch":14,"__proto__":{"polluted":1},"constructor":{"polluted":1}}';
    const back = read(withMetadata({ state: json, ['__proto__']: 'polluted' }));
    expect(back).toEqual({ identity, ...state, values });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect('polluted' in back).toBe(false);
  });
  it('tensors that are named like a prototype', () => {
    const entry = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';
    const metadata = JSON.stringify({ format: 'sluice-checkpoint 1', state: JSON.stringify(state), ...identity });
    const wrong = withHeader(`{"__metadata__":${metadata},"__proto__":${entry}}`, new Uint8Array(4));
    expect(() => read(wrong)).toThrow(WeightsError);
  });
});

it.each([[null], [undefined], ['text'], [{}], [[1, 2, 3]], [new ArrayBuffer(8)]])('%o is no checkpoint', (wrong) => {
  expect(() => read(wrong as never)).toThrow(OptionError);
});
