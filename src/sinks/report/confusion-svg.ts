import type { Evaluation } from '../../evaluation/evaluation.ts';
import { escapeHtml } from './escape-html.ts';

/** With more classes, cells are small and have no numbers. */
const MOST_NUMBERED = 30;
/** A larger matrix is no picture any more: it shows the classes with the most mistakes. */
const MOST_CLASSES = 120;
/** Longer labels are cut. */
const LABEL = 24;

/**
 * A confusion matrix as an SVG picture: rows are what frames show, columns what they are taken for. The darker a cell, the larger its share of
 * its row. It has the classes that frames show or are taken for.
 */
export function confusionSvg({ classes, confusion }: Pick<Evaluation, 'classes' | 'confusion'>): string {
  const met = classes.filter(({ frames, predicted }) => frames + predicted > 0);
  const wrong = ({ index, frames }: { index: number; frames: number }) => frames - (confusion[index]?.[index] ?? 0);
  const shown = met
    .toSorted((a, b) => wrong(b) - wrong(a))
    .slice(0, MOST_CLASSES)
    .toSorted((a, b) => a.index - b.index);
  const isNumbered = shown.length <= MOST_NUMBERED;
  const cell = isNumbered ? 34 : 10;
  const font = isNumbered ? 12 : 9;
  const margin = Math.min(LABEL, Math.max(...shown.map(({ label }) => label.length))) * font * 0.62 + 16;
  const side = margin + shown.length * cell + 8;
  const cells = shown.flatMap(({ index, frames, label }, row) =>
    shown.map((other, column) => {
      const count = confusion[index]?.[other.index] ?? 0;
      const share = frames === 0 ? 0 : count / frames;
      const [x, y] = [margin + column * cell, margin + row * cell];
      const said = `${label}, taken for ${other.label}: ${count} of ${frames}`;
      const colour = row === column ? '42, 120, 181' : '194, 65, 93';
      const rect = `<rect x="${x}" y="${y}" width="${cell - 1}" height="${cell - 1}" fill="rgba(${colour}, ${(0.06 + 0.94 * share).toFixed(3)})"><title>${escapeHtml(said)}</title></rect>`;
      if (!isNumbered || count === 0) return rect;
      const ink = share > 0.5 ? '#fff' : 'currentColor';
      return `${rect}<text x="${x + cell / 2}" y="${y + cell / 2 + 4}" text-anchor="middle" fill="${ink}">${count}</text>`;
    }),
  );
  const names = shown.map(({ label }, i) => {
    const name = escapeHtml(label.length > LABEL ? `${label.slice(0, LABEL - 1)}…` : label);
    const place = margin + i * cell + cell / 2 + font / 3;
    return (
      `<text x="${margin - 8}" y="${place}" text-anchor="end" fill="currentColor">${name}</text>` +
      `<text transform="translate(${place} ${margin - 8}) rotate(-90)" fill="currentColor">${name}</text>`
    );
  });
  const left = met.length - shown.length;
  const about = `Confusion matrix of ${shown.length} classes${left > 0 ? ` with the most mistakes; ${left} more are not shown` : ''}`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}" viewBox="0 0 ${side} ${side}" role="img" ` +
    `aria-label="${about}: rows are what frames show, columns what they are taken for" font-family="system-ui, sans-serif" font-size="${font}">` +
    `${names.join('')}${cells.join('')}</svg>`
  );
}
