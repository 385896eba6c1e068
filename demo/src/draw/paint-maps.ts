import type { Activations } from 'sluice';
import { HEAT } from './heat.ts';

/** The number and size of the maps of a stage's output. */
export interface Maps {
  readonly count: number;
  readonly width: number;
  readonly height: number;
}

/** `[1, h, w, c]` has c maps; `[1, n]` has one, in several rows so that it is large enough to see. */
export function mapsOf(shape: readonly number[]): Maps {
  if (shape.length === 4) return { count: shape[3] ?? 1, width: shape[2] ?? 1, height: shape[1] ?? 1 };
  const values = shape.reduce((product, side) => product * side, 1);
  const width = Math.ceil(Math.sqrt(values * 2));
  return { count: 1, width, height: Math.ceil(values / width) };
}

/** Paints one map over the whole canvas: the map's lowest value is the darkest, its highest the brightest. */
export function paintMap(canvas: HTMLCanvasElement, { shape, values }: Activations, channel: number): void {
  const { count, width, height } = mapsOf(shape);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  if (!context) return;
  let [least, most] = [Infinity, -Infinity];
  for (let i = channel; i < values.length; i += count) {
    const value = values[i] as number;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const scale = most > least ? 255 / (most - least) : 0;
  const image = context.createImageData(width, height);
  const colours = new Uint32Array(image.data.buffer);
  for (let i = channel, o = 0; i < values.length; i += count, o++) {
    colours[o] = HEAT[Math.round(((values[i] as number) - least) * scale)] ?? 0;
  }
  context.putImageData(image, 0, 0);
}
