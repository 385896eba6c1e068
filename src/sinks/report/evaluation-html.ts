import type { ClassEvaluation, Estimate, Evaluation, Mistake } from '../../evaluation/evaluation.ts';
import { confusionSvg } from './confusion-svg.ts';
import { counted, whole } from './counted.ts';
import { escapeHtml, isolatedHtml } from './escape-html.ts';
import { REPORT_STYLE } from './report-style.ts';

/** What a page about an evaluation shows. */
export interface EvaluationPage {
  readonly title: string;
  /** What was measured, with what: a line below the title. */
  readonly about: string;
  readonly evaluation: Evaluation;
  readonly labels: readonly string[];
  /** The pictures of the mistakes, as data URLs; undefined for one that can't be shown. */
  readonly pictures: readonly (string | undefined)[];
  /** The epochs of a training, if there was one. */
  readonly epochs?: readonly EpochRow[];
}

/** An epoch of a training. */
export interface EpochRow {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy?: number;
  readonly heldOutLoss?: number;
  readonly heldOutAccuracy?: number;
}

const STYLE = `
.mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 1rem; margin: 0; padding: 0; list-style: none; }
.mistakes img, .mistakes .none { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: var(--tile); border-radius: 6px; }
.mistakes p { font-size: .8rem; overflow-wrap: anywhere; } .matrix { overflow-x: auto; } .matrix svg { max-width: none; }
`;

/** Formats an evaluation as one self-contained HTML page: shares, the confusion matrix, each class, calibration, and the worst mistakes with their pictures. */
export function evaluationHtml(page: EvaluationPage): string {
  const { title, about, evaluation, labels, pictures, epochs = [] } = page;
  const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>sluice: ${escapeHtml(title)}</title>
<style>${REPORT_STYLE}${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p class="soft">${escapeHtml(about)}</p>
${tiles(evaluation)}
<h2>Confusion matrix</h2>
<p class="soft">Rows are what frames show, columns what they are taken for.</p>
<div class="matrix">${confusionSvg(evaluation)}</div>
${classTable(evaluation.classes)}
${worst(evaluation.mistakes, labels, pictures)}
${calibration(evaluation)}
${training(epochs)}
</body>
</html>
`;
}

function tiles({ accuracy, top5, macroF1, calibrationError, frames, sources, resampled }: Evaluation): string {
  const list: readonly (readonly [string, string, string])[] = [
    ['accuracy', share(accuracy.value), interval(accuracy)],
    ...(top5 ? [['among the best 5', share(top5.value), interval(top5)] as const] : []),
    ['macro F1', share(macroF1), 'mean over the classes'],
    ...(calibrationError === undefined ? [] : [['calibration error', share(calibrationError), ''] as const]),
    ['measured on', whole(frames), `frames of ${counted(sources, 'file')}`],
  ];
  const cells = list.map(
    ([name, value, more]) => `<div><dt>${name}</dt><dd>${value} <small>${more}</small></dd></div>`,
  );
  const drawn = `The 95 % intervals are those of a bootstrap over ${resampled === 'sources' ? 'files' : 'frames'}.`;
  return `<dl class="tiles">${cells.join('')}</dl>\n<p class="soft">${drawn}</p>`;
}

function classTable(classes: readonly ClassEvaluation[]): string {
  const rows = classes
    .filter(({ frames, predicted }) => frames + predicted > 0)
    .map(
      ({ label, frames, precision, recall, f1 }) =>
        `<tr><td class="name">${isolatedHtml(label)}</td>${[whole(frames), share(precision), share(recall), share(f1)]
          .map((cell) => `<td class="n">${cell}</td>`)
          .join('')}</tr>`,
    );
  const heads = ['frames', 'precision', 'recall', 'F1'].map((head) => `<th class="n" scope="col">${head}</th>`);
  return `<h2>Classes</h2>\n<div class="wide"><table><tr><th scope="col">class</th>${heads.join('')}</tr>${rows.join('')}</table></div>`;
}

function worst(
  mistakes: readonly Mistake[],
  labels: readonly string[],
  pictures: readonly (string | undefined)[],
): string {
  if (mistakes.length === 0) return '';
  const items = mistakes.map(({ source, timestamp, target, predicted, score }, i) => {
    const picture = pictures[i];
    const shown = escapeHtml(labels[target] ?? '');
    const at = timestamp > 0 ? ` at ${(timestamp / 1e6).toFixed(2)} s` : '';
    return (
      `<li>${picture === undefined ? '<span class="none"></span>' : `<img src="${picture}" alt="${shown}">`}` +
      `<p><b>${shown}</b>, taken for <b class="bad">${escapeHtml(labels[predicted] ?? '')}</b> with ${share(score)}</p>` +
      `<p class="soft">${isolatedHtml(source)}${at}</p></li>`
    );
  });
  return `<h2>Wrong with the highest scores</h2>\n<ul class="mistakes">${items.join('')}</ul>`;
}

function calibration({ calibration: bins }: Evaluation): string {
  if (bins.length === 0) return '';
  const rows = bins.map(
    ({ from, to, frames, score, accuracy }) =>
      `<tr><td>${from.toFixed(2)} to ${to.toFixed(2)}</td>${[whole(frames), share(score), share(accuracy)]
        .map((cell) => `<td class="n">${cell}</td>`)
        .join('')}<td class="share"><i style="width:${(100 * accuracy).toFixed(1)}%"></i></td></tr>`,
  );
  const heads = ['frames', 'mean score', 'right'].map((head) => `<th class="n" scope="col">${head}</th>`);
  return `<h2>Calibration</h2>\n<p class="soft">Of frames with these scores, this share is right.</p>\n<div class="wide"><table><tr><th scope="col">score</th>${heads.join('')}<th></th></tr>${rows.join('')}</table></div>`;
}

function training(epochs: readonly EpochRow[]): string {
  if (epochs.length === 0) return '';
  const rows = epochs.map(
    ({ epoch, loss, accuracy, heldOutLoss, heldOutAccuracy }) =>
      `<tr>${[whole(epoch), loss.toFixed(4), share(accuracy), heldOutLoss?.toFixed(4) ?? '–', share(heldOutAccuracy)]
        .map((cell) => `<td class="n">${cell}</td>`)
        .join('')}</tr>`,
  );
  const heads = ['epoch', 'loss', 'right', 'held out: loss', 'held out: right'].map(
    (head) => `<th class="n" scope="col">${head}</th>`,
  );
  return `<h2>Training</h2>\n<details><summary>${counted(epochs.length, 'epoch')}</summary><div class="wide"><table><tr>${heads.join('')}</tr>${rows.join('')}</table></div></details>`;
}

function interval({ low, high }: Estimate): string {
  return `${share(low)} to ${share(high)}`;
}

function share(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '–' : value.toFixed(3);
}
