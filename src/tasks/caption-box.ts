import type { Overlay } from './task.ts';

/** More lines would cover too much of the picture. */
const MAX_LINES = 5;

/** A line of a box: its text, and how long its bar is, from 0 to 1. */
export interface CaptionLine {
  readonly text: string;
  readonly bar: number;
}

/** A box in the lower left corner of a picture, with the lines and their bars. Nothing for no lines. */
export function captionBox(
  all: readonly CaptionLine[],
  picture: { readonly width: number; readonly height: number },
): Overlay | undefined {
  const lines = all.slice(0, MAX_LINES);
  if (lines.length === 0) return undefined;
  const size = Math.max(10, Math.round(picture.height / 28));
  const [padding, lineHeight] = [Math.round(size * 0.5), Math.round(size * 1.4)];
  const width = Math.min(picture.width, Math.round(size * 20));
  const height = Math.min(picture.height, lines.length * lineHeight + padding);
  return {
    x: 0,
    y: picture.height - height,
    width,
    height,
    paint(context) {
      context.fillStyle = 'rgba(0, 0, 0, 0.6)';
      context.fillRect(0, 0, width, height);
      context.font = `${size}px sans-serif`;
      context.textBaseline = 'middle';
      for (const [i, { text, bar }] of lines.entries()) {
        const top = padding / 2 + i * lineHeight;
        context.fillStyle = i === 0 ? 'rgba(38, 139, 210, 0.9)' : 'rgba(120, 120, 120, 0.7)';
        context.fillRect(0, top, width * Math.min(1, Math.max(0, bar)), lineHeight - 2);
        context.fillStyle = 'white';
        // The maximum width makes the canvas squeeze a long label instead of cutting it off.
        context.fillText(text.replaceAll(/\p{Cc}+/gu, ' '), padding, top + lineHeight / 2, width - 2 * padding);
      }
    },
  };
}
