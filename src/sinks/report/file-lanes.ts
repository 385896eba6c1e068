import { clockTime } from '../formats/cues.ts';
import { counted } from './counted.ts';
import { escapeHtml, isolatedHtml } from './escape-html.ts';
import type { FileRecord } from './run-record.ts';

/** The number of distinct colours. All rarer labels are grey. */
const COLOURS = 8;
const OTHER = `c${COLOURS}`;
/** A page with more lanes would be slow to open. */
const MAX_LANES = 200;
const MAX_LABELS = 6;

/** The labels of each file over time, as HTML: a lane with a bar for each segment, and the share of each label. */
export function fileLanes(files: readonly FileRecord[]): string {
  const shown = files.filter(({ frames }) => frames > 0);
  if (shown.length === 0) return '';
  const times = timesOf(shown);
  const colours = new Map([...times.keys()].slice(0, COLOURS).map((label, i) => [label, `c${i}`]));
  const legend = [...colours].map(([label, colour]) => `<li><i class="${colour}"></i>${escapeHtml(label)}</li>`);
  if (times.size > COLOURS) legend.push(`<li><i class="${OTHER}"></i>${counted(times.size - COLOURS, 'other')}</li>`);
  const lanes = shown.slice(0, MAX_LANES).map((file) => lane(file, colours));
  const more =
    shown.length > MAX_LANES ? `<p class="soft">and ${counted(shown.length - MAX_LANES, 'more file')}</p>` : '';
  return `<h2>Labels over time</h2><ul class="legend">${legend.join('')}</ul>${lanes.join('\n')}${more}`;
}

function lane(file: FileRecord, colours: ReadonlyMap<string, string>): string {
  const { source, frames, start, end, segments, omitted, error } = file;
  const length = Math.max(1, end - start);
  const at = (time: number) => ((100 * (time - start)) / length).toFixed(3);
  const bars = segments.map(({ label, start: from, end: to, peakScore }) => {
    // The only segment of a picture has no length, so it fills the lane.
    const width = end > start ? (100 * (to - from)) / length : 100;
    const title = `${label}, ${clock(from)} – ${clock(to)}, up to ${peakScore.toFixed(2)}`;
    return `<i class="${colours.get(label) ?? OTHER}" style="left:${at(from)}%;width:${width.toFixed(3)}%" title="${escapeHtml(title)}"></i>`;
  });
  const labels = [...timesOf([file])].map(([label, time]) => {
    const share = end > start ? ` ${((100 * time) / length).toFixed(0)} %` : '';
    return `<span class="chip ${colours.get(label) ?? OTHER}"></span>${isolatedHtml(label)}${share}`;
  });
  const notes = [
    labels.slice(0, MAX_LABELS).join(' · '),
    labels.length > MAX_LABELS ? counted(labels.length - MAX_LABELS, 'other label') : '',
    omitted > 0 ? `${counted(omitted, 'later segment')} not drawn` : '',
    error === undefined ? '' : `<span class="bad">${isolatedHtml(error)}</span>`,
  ];
  const ends = end > start ? `<div class="ends"><span>${clock(start)}</span><span>${clock(end)}</span></div>` : '';
  return `<section class="file"><h3>${isolatedHtml(source)} <span class="soft">${counted(frames, 'frame')}</span></h3>
<div class="lane">${bars.join('')}</div>
${ends}
<p>${notes.filter((note) => note !== '').join(' · ')}</p></section>`;
}

/** How long each label was the best one, longest first. Labels with equal times keep their order. */
function timesOf(files: readonly FileRecord[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { segments } of files) {
    for (const { label, start, end } of segments) times.set(label, (times.get(label) ?? 0) + end - start);
  }
  return new Map([...times].toSorted(([, a], [, b]) => b - a));
}

/** Formats a time: `1:02:03.4`, `02:03`. */
function clock(microseconds: number): string {
  return clockTime(Math.max(0, Math.round(microseconds / 1000)), '.')
    .replace(/^00:/, '')
    .replace(/\.0+$|(?<=\.\d+)0+$/, '');
}
