import type { Pixels } from 'sluice';
import { paintPixels } from '../draw/paint-pixels.ts';
import { THUMBNAIL, type Example } from './messages.ts';

/** The middle of a picture, scaled down. */
export function thumbnailOf(picture: Pixels): Example['thumbnail'] {
  const whole = new OffscreenCanvas(1, 1);
  paintPixels(whole, picture);
  const context = new OffscreenCanvas(THUMBNAIL, THUMBNAIL).getContext('2d');
  if (!context) return new Uint8ClampedArray(4 * THUMBNAIL ** 2);
  const { width, height } = picture;
  const side = Math.min(width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(whole, (width - side) / 2, (height - side) / 2, side, side, 0, 0, THUMBNAIL, THUMBNAIL);
  return context.getImageData(0, 0, THUMBNAIL, THUMBNAIL).data;
}
