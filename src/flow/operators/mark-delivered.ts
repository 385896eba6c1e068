import { tap, type MonoTypeOperatorFunction } from 'rxjs';
import type { Frame } from '../../frames/frame.ts';

/**
 * Marks the end of a pipe that ends in frames: a frame that passes counts as `delivered` in the ledger, not as `discarded`.
 * `classify` does this itself.
 *
 * @see {@link classify}, {@link Ledger}
 *
 * @example
 * source.pipe(conv2d({ filters: 4, kernelSize: 3, seed: 1 }), markDelivered()).subscribe((frame) => draw(frame.data));
 */
export function markDelivered<T>(): MonoTypeOperatorFunction<Frame<T>> {
  return tap((frame) => frame.lease.markDelivered());
}
