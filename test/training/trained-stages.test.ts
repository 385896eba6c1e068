import {
  activation,
  batchNorm,
  conv2d,
  dense,
  dropout,
  flatten,
  globalAvgPool,
  OptionError,
  pipeline,
  residual,
  ShapeError,
  softmax,
} from 'sluice';
import { describe, expect, it, test } from 'vitest';
import { trainedStages } from '../../src/training/trained-stages.ts';

const INPUT = [1, 8, 8, 3];

const net = pipeline(
  conv2d({ filters: 4, kernelSize: 3 }),
  batchNorm(),
  activation('relu'),
  residual({}, conv2d({ filters: 4, kernelSize: 3, padding: 'same' })),
  globalAvgPool(),
  dropout({ rate: 0.5 }),
  dense({ name: 'head', units: 5 }),
  softmax(),
);
const weighted = ['conv2d', 'batchNorm', 'residual', 'head'];

const trained = (trainable?: unknown) => [...trainedStages('fit', net.parts, INPUT, trainable as never)];

describe('trained', () => {
  test('are all stages with weights by default', () => {
    expect(trained()).toEqual(weighted);
  });
  test.each([1, 2, 3, 4])('are the last %i of them', (count) => {
    expect(trained(count)).toEqual(weighted.slice(-count));
  });
  test('are those that are named', () => {
    expect(trained(['head'])).toEqual(['head']);
    expect(trained(['conv2d', 'head'])).toEqual(['conv2d', 'head']);
  });
  test('are the same in whatever order, and however often, they are named', () => {
    expect(trained(['head', 'batchNorm', 'conv2d', 'head'])).toEqual(['conv2d', 'batchNorm', 'head']);
    expect(trained(weighted.toReversed())).toEqual(trained());
  });
  test('are not those of a pipeline around them', () => {
    const { parts } = pipeline({ name: 'outer' }, net);
    expect([...trainedStages('fit', parts, INPUT, undefined)]).toEqual(weighted);
  });
});

describe('refused', () => {
  it.each([0, -1, 5, 1.5, NaN, Infinity])('%f stages of four', (count) => {
    expect(() => trained(count)).toThrow(OptionError);
    expect(() => trained(count)).toThrow(
      `fit: trainable must be from 1 to 4, the number of stages with weights, not ${count}`,
    );
  });
  it.each([[[]], [null], ['head'], [{}], [true], [new Set(['head'])]])('%j', (trainable) => {
    expect(() => trained(trainable)).toThrow(OptionError);
    expect(() => trained(trainable)).toThrow('fit: trainable must be names of stages, or a number of them, not');
  });
  it.each([
    [['hed'], 'hed'],
    [['head', 'softmax'], 'softmax'],
    [['globalAvgPool'], 'globalAvgPool'],
    [['head/kernel'], 'head/kernel'],
    [['', 'head'], ''],
    [['__proto__'], '__proto__'],
    [[3], '3'],
  ])('the names %j', (trainable, wrong) => {
    expect(() => trained(trainable)).toThrow(OptionError);
    expect(() => trained(trainable)).toThrow(
      `fit: trainable names ${wrong}, but the stages with weights are conv2d, batchNorm, residual, head`,
    );
  });
  it('a model without weights', () => {
    const { parts } = pipeline(flatten(), softmax());
    for (const trainable of [undefined, 1, ['softmax']]) {
      expect(() => trainedStages('fit', parts, INPUT, trainable)).toThrow(OptionError);
      expect(() => trainedStages('fit', parts, INPUT, trainable)).toThrow(
        "no stage of the model has weights, so it can't be trained",
      );
    }
  });
  it('an input that the stages can not take', () => {
    expect(() => trainedStages('fit', net.parts, [1, 4], undefined)).toThrow(ShapeError);
  });
});
