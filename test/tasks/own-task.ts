import type { Tensor } from '@tensorflow/tfjs-core';
import { ShapeError, type Task } from 'sluice';

/** The result of the task below. */
export interface Brightness {
  readonly value: number;
}

/** A task that is no classification: one number for a picture, such as its brightness. */
export const brightness: Task<Brightness, { readonly scale?: number }> = {
  kind: 'brightness',
  spec: { kind: 'brightness' },
  optionNames: ['scale'],
  reader: (_labels, { scale = 1 } = {}) => ({
    name: 'brightness',
    checkShape(shape) {
      if (shape.length !== 2 || shape[1] !== 1) throw new ShapeError(`needs [1, 1], but [${shape.join(', ')}] came`);
    },
    read: async (output: Tensor) => ({ value: scale * ((await output.data())[0] ?? NaN) }),
  }),
  optionsToAggregate: (options) => options,
  select: (result) => result,
  aggregator() {
    let values: number[] = [];
    return {
      add: ({ value }) => void values.push(value),
      take() {
        const value = values.reduce((sum, each) => sum + each, 0) / values.length;
        values = [];
        return { value };
      },
    };
  },
  captions: ({ value }) => (value < 0.25 ? [] : [{ label: value < 0.5 ? 'dim' : 'bright', score: value }]),
  stored: ({ value }) => ({ value: Number(value.toFixed(2)) }),
  columns: [{ name: 'value', type: 'double' }],
  rows: ({ value }) => [{ value: Number(value.toFixed(2)) }],
  overlay: ({ value }, { width, height }) => ({
    x: 0,
    y: 0,
    width,
    height: Math.ceil(height / 4),
    paint(context) {
      context.fillStyle = 'white';
      context.fillRect(0, 0, width * value, height);
    },
  }),
};
