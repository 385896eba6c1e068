import { readModel, readSafetensors, writeModel, writeSafetensors } from 'sluice';
import type { FuzzTarget } from '../target.ts';
import { smallModel } from './small-model.ts';

/** A file of weights. */
export const safetensors: FuzzTarget = {
  seeds: () => [
    {
      'a.safetensors': writeSafetensors({
        'a/filters': { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
        'b/bias': { shape: [1], data: Float32Array.of(0.5) },
      }),
    },
  ],
  async read(input) {
    readSafetensors(input['a.safetensors'] ?? new Uint8Array(), 'a.safetensors');
  },
};

/** A model file of sluice. */
export const modelFile: FuzzTarget = {
  seeds: () => [{ 'model.safetensors': writeModel(smallModel()) }],
  async read(input) {
    readModel(input['model.safetensors'] ?? new Uint8Array(), 'model.safetensors');
  },
};
