import type { Json } from './saved.ts';

export type Weights = Readonly<Record<string, { shape: number[]; data: number[] }>>;

/** A model.json as a program other than tfjs-layers writes it, with its weights. */
export function writeWith(modelTopology: unknown, weights: Weights = {}, more: Json = {}): File[] {
  const specs = Object.entries(weights).map(([name, { shape }]) => ({ name, shape, dtype: 'float32' }));
  const json = {
    format: 'layers-model',
    modelTopology,
    weightsManifest: [{ paths: ['w.bin'], weights: specs }],
    ...more,
  };
  const numbers = Float32Array.from(Object.values(weights).flatMap(({ data }) => data));
  return [new File([JSON.stringify(json)], 'model.json'), new File([numbers], 'w.bin')];
}

/** A layer's object. */
export const layer = (className: string, name: string, config: Json = {}, more: Json = {}) => ({
  class_name: className,
  config: { name, ...config },
  ...more,
});
export const sequential = (...layers: unknown[]) => ({ class_name: 'Sequential', config: { name: 'net', layers } });
