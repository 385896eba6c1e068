import { loadWithEngine } from '../engines/engine.ts';
import { EngineError } from '../errors/errors.ts';
import type { Pixels } from '../stage/pixels.ts';
import type * as DigitPixels from './digit/digit-pixels.ts';
import type { ResizeOptions } from './fit.ts';

/** What finds digits. Few pages do that, so it is loaded when there is a stage that does. */
let found: typeof DigitPixels.digitPixels | undefined;

async function load(): Promise<void> {
  ({ digitPixels: found } = await import('./digit/digit-pixels.ts'));
}

/** @internal Has loaded, before a pipe starts, what `digitPixels` needs. */
export function loadDigit(): void {
  if (!found) loadWithEngine(load);
}

/** @internal The digit in a picture, as {@link DigitPixels.digitPixels} gives it. Throws `EngineError` if that is not loaded yet. */
export function digitPixels(pixels: Pixels, options: Required<ResizeOptions>): Pixels {
  if (found) return found(pixels, options);
  throw new EngineError('what finds digits is loaded with the engine: await useEngine(…) after the stage was made');
}
