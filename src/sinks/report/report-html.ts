import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { counted, whole } from './counted.ts';
import { escapeHtml } from './escape-html.ts';
import { fileLanes } from './file-lanes.ts';
import { REPORT_SCRIPT } from './report-script.ts';
import { REPORT_STYLE } from './report-style.ts';
import type { RunRecord } from './run-record.ts';

/** A page with more failures would be slow to open. */
const MAX_FAILURES = 1000;
/** The number of points in the plot of the throughput. */
const INTERVALS = 120;

/**
 * Formats a run as one self-contained HTML page: numbers, throughput over time, computing times, stage times, and the labels of
 * each file over time. The page loads no other resource. All names are escaped.
 *
 * @see {@link RunRecorder}
 *
 * @example
 * const record = new RunRecorder().record({ elapsedSeconds: 2, engine: 'cpu', frames: { decoded: 0, failed: 0 } });
 * await writeFile('report.html', reportHtml(record));
 */
export function reportHtml(record: RunRecord): string {
  const script = `${plotFile('uPlot.iife.min.js')}\n${REPORT_SCRIPT}`;
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>sluice: ${counted(record.files.length, 'file')}, ${counted(record.frames.labelled, 'frame')}</title>
<style>${plotFile('uPlot.min.css')}${REPORT_STYLE}</style>
</head>
<body>
<h1>sluice report</h1>
<p class="soft">${escapeHtml(record.startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC'))} · ${escapeHtml(record.engine)}</p>
${tiles(record)}
${failures(record)}
<h2>Throughput over time</h2>
<div id="throughput"></div>
${bars('Where the time went', record.time, record.timeNotes)}
${stages(record)}
${fileLanes(record.files)}
<script type="application/json" id="samples">${JSON.stringify(rates(record)).replaceAll('<', '\\u003c')}</script>
<script>${script}</script>
</body>
</html>
`;
}

function tiles({ files, frames, elapsedSeconds }: RunRecord): string {
  const failed = files.filter(({ error }) => error !== undefined).length;
  const video = files.reduce((sum, { start, end }) => sum + (end - start) / 1e6, 0);
  const notes = [`of ${whole(frames.decoded)}`, frames.failed > 0 ? `${whole(frames.failed)} failed` : ''];
  const list: [string, string, string][] = [
    ['files', whole(files.length), failed > 0 ? `${whole(failed)} failed` : ''],
    ['frames labelled', whole(frames.labelled), notes.filter((note) => note !== '').join(', ')],
    ['video', duration(video), ''],
    ['time taken', duration(elapsedSeconds), ''],
    ['speed', per(frames.labelled, elapsedSeconds), 'frames/s'],
    ['real time', per(video, elapsedSeconds), '×'],
  ];
  const cells = list.map(
    ([name, value, more]) => `<div><dt>${name}</dt><dd>${value} <small>${more}</small></dd></div>`,
  );
  return `<dl class="tiles">${cells.join('')}</dl>`;
}

function failures({ files }: RunRecord): string {
  const failed = files.filter(({ error }) => error !== undefined);
  if (failed.length === 0) return '';
  const rows = failed
    .slice(0, MAX_FAILURES)
    .map(
      ({ source, error = '' }) =>
        `<tr><td class="name">${escapeHtml(source)}</td><td class="name">${escapeHtml(error)}</td></tr>`,
    );
  const more =
    failed.length > MAX_FAILURES ? `<p class="soft">and ${whole(failed.length - MAX_FAILURES)} more</p>` : '';
  return `<h2 class="bad">Failed</h2><table><tr><th>file</th><th>why</th></tr>${rows.join('')}</table>${more}`;
}

function bars(title: string, time: RunRecord['time'], notes: readonly string[] = []): string {
  const all = time.reduce((sum, { seconds }) => sum + seconds, 0);
  if (all <= 0) return '';
  const rows = time.map(
    ({ what, seconds }) =>
      `<tr><td>${escapeHtml(what)}</td><td class="n">${seconds.toFixed(2)}</td><td class="n">${percent(seconds / all)}</td>${bar(seconds / all)}</tr>`,
  );
  const said = notes.map((note) => `<p class="soft">${escapeHtml(note)}</p>`);
  return `<h2>${title}</h2><div class="wide"><table><tr><th></th><th class="n">s</th><th class="n">share</th><th></th></tr>${rows.join('')}</table></div>${said.join('')}`;
}

function stages({ stages }: RunRecord): string {
  if (stages.length === 0) return '';
  const widest = Math.max(...stages.map(({ share }) => share), 1e-9);
  const rows = stages.map(
    ({ stage, p50, p95, share }) =>
      `<tr><td>${escapeHtml(stage)}</td><td class="n">${p50.toFixed(3)}</td><td class="n">${p95.toFixed(3)}</td><td class="n">${percent(share)}</td>${bar(share / widest)}</tr>`,
  );
  return `<h2>Stages, of each frame</h2><div class="wide"><table><tr><th>stage</th><th class="n">p50 ms</th><th class="n">p95 ms</th><th class="n">share</th><th></th></tr>${rows.join('')}</table></div>`;
}

function bar(part: number): string {
  return `<td class="share"><i style="width:${(100 * Math.min(1, Math.max(0, part))).toFixed(2)}%"></i></td>`;
}

/** Frames per second in equal intervals of the run, as data for uPlot: the ends of the intervals and the rates. */
function rates({ throughput, elapsedSeconds }: RunRecord): [number[], number[]] {
  const width = elapsedSeconds / INTERVALS;
  const times = Array.from({ length: INTERVALS + 1 }, (_, i) => i * width);
  let next = 0;
  // The number of frames at each time, interpolated linearly between the samples.
  const frames = times.map((time) => {
    while (next < throughput.length - 1 && (throughput[next]?.seconds ?? 0) < time) next++;
    const [before, after] = [throughput[next - 1] ?? { seconds: 0, frames: 0 }, throughput[next]];
    if (!after) return 0;
    const part = after.seconds > before.seconds ? (time - before.seconds) / (after.seconds - before.seconds) : 1;
    return before.frames + (after.frames - before.frames) * Math.min(1, Math.max(0, part));
  });
  const rate = frames.map((count, i) => (i > 0 && width > 0 ? (count - (frames[i - 1] ?? 0)) / width : 0));
  return [times.map((time) => Number(time.toFixed(3))), rate.map((value) => Number(value.toFixed(3)))];
}

function plotFile(name: string): string {
  const main = createRequire(import.meta.url).resolve('uplot');
  return readFileSync(path.join(path.dirname(main), name), 'utf8');
}

function per(value: number, seconds: number): string {
  return (seconds > 0 ? value / seconds : 0).toLocaleString('en', { maximumFractionDigits: 1 });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Formats seconds: `1 h 02 min`, `3 min 04 s`, `5.6 s`. */
function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  const two = (value: number) => String(value).padStart(2, '0');
  return minutes < 60
    ? `${minutes} min ${two(Math.round(seconds) % 60)} s`
    : `${whole(Math.floor(minutes / 60))} h ${two(minutes % 60)} min`;
}
