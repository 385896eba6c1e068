import type { ClassScore } from '../../tasks/classification/top-classes.ts';
import { messageOf, SluiceError } from '../../errors/errors.ts';
import type { Pixels } from '../../stage/pixels.ts';

/** Draws classes on a picture, in its own bytes. */
export type LabelBox = (picture: Pixels, classes: readonly ClassScore[]) => void;

/** More lines than this would hide the picture. */
const MOST_LINES = 5;

/**
 * Loads what draws text, and gives what draws a box of labels, bars and scores into the lower left corner of rgb24 pictures.
 *
 * `@napi-rs/canvas` is an optional peer: throws `SluiceError` (`output`) where it, or any font, is missing.
 */
export async function loadLabelBox(): Promise<LabelBox> {
  const { createCanvas, GlobalFonts } = await canvasPackage();
  if (GlobalFonts.families.length === 0) {
    throw new SluiceError(
      'output',
      'there is no font to write labels with: install one (apt install fonts-dejavu-core)',
    );
  }
  return (picture, classes) => {
    const lines = classes.slice(0, MOST_LINES).map(({ label, score }) => ({ score, text: lineOf(label, score) }));
    if (lines.length === 0) return;
    const size = Math.max(10, Math.round(picture.height / 28));
    const [pad, step] = [Math.round(size * 0.5), Math.round(size * 1.4)];
    const [width, height] = [
      Math.min(picture.width, Math.round(size * 20)),
      Math.min(picture.height, lines.length * step + pad),
    ];
    const context = createCanvas(width, height).getContext('2d');
    context.fillStyle = 'rgba(0, 0, 0, 0.6)';
    context.fillRect(0, 0, width, height);
    context.font = `${size}px sans-serif`;
    context.textBaseline = 'middle';
    for (const [i, { text, score }] of lines.entries()) {
      const top = pad / 2 + i * step;
      context.fillStyle = i === 0 ? 'rgba(38, 139, 210, 0.9)' : 'rgba(120, 120, 120, 0.7)';
      context.fillRect(0, top, width * Math.min(1, Math.max(0, score)), step - 2);
      context.fillStyle = 'white';
      // Too long a label is squeezed, not cut.
      context.fillText(text, pad, top + step / 2, width - 2 * pad);
    }
    blend(picture, context.getImageData(0, 0, width, height).data, width, height);
  };
}

function lineOf(label: string, score: number): string {
  return `${score.toFixed(2)}  ${label.replaceAll(/\p{Cc}+/gu, ' ')}`;
}

/** Lays RGBA over the lower left corner. */
function blend({ width, height, data }: Pixels, box: Uint8ClampedArray, boxWidth: number, boxHeight: number): void {
  const top = height - boxHeight;
  for (let y = 0; y < boxHeight; y++) {
    let to = (top + y) * width * 3;
    for (let from = y * boxWidth * 4; from < (y + 1) * boxWidth * 4; from += 4, to += 3) {
      const alpha = (box[from + 3] ?? 0) / 255;
      for (let c = 0; c < 3; c++) {
        const below = data[to + c] ?? 0;
        data[to + c] = Math.round(below + ((box[from + c] ?? 0) - below) * alpha);
      }
    }
  }
}

async function canvasPackage() {
  try {
    return await import('@napi-rs/canvas');
  } catch (cause) {
    throw new SluiceError(
      'output',
      `labels are drawn by @napi-rs/canvas, which is not here: npm install @napi-rs/canvas (${messageOf(cause)})`,
      { cause },
    );
  }
}
