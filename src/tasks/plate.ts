import type { Size } from '../frames/picture-view.ts';
import type { Canvas2d } from './canvas-2d.ts';

/** Colours that differ from each other and from most pictures, and on which white text is legible. */
const COLOURS = ['#c2185b', '#1565c0', '#2e7d32', '#b84a00', '#6a1b9a', '#00707c', '#ad1457', '#4e5d00'] as const;

/** The colour of a class or of a track: `#rrggbb`. */
export function colourOf(number: number): string {
  return COLOURS[number % COLOURS.length] ?? COLOURS[0];
}

/** The height of the text of plates in a picture, in pixels. */
export function plateTextSize({ height }: Size): number {
  return Math.max(10, Math.round(height / 32));
}

/** Sets the font of plates. */
export function beginPlates(context: Canvas2d, size: number): void {
  context.font = `${size}px sans-serif`;
  context.textBaseline = 'middle';
}

/** The size of a plate with a text. Its width is an estimate: a canvas squeezes text that is longer. */
export function plateSize(text: string, size: number, { width }: Size): Size {
  return { width: Math.min(width, Math.round(text.length * size * 0.58) + size), height: Math.round(size * 1.4) };
}

/** Paints a text in white on a plate of a colour, whose upper left corner is given. */
export function paintPlate(
  context: Canvas2d,
  text: string,
  { x, y, width, height }: Size & { readonly x: number; readonly y: number },
  { size, colour }: { readonly size: number; readonly colour: string },
): void {
  context.fillStyle = colour;
  context.fillRect(x, y, width, height);
  context.fillStyle = 'white';
  context.fillText(text, x + size / 2, y + height / 2, width - size);
}

/** A label without characters that would break the line. */
export function plateLabel(label: string): string {
  return label.replaceAll(/\p{Cc}+/gu, ' ');
}
