import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { CACHE_FOLDER } from '../../scripts/cached-file.ts';
import type { Arrival } from '../../src/flow/gate/arrival.ts';
import type { Pixels } from '../../src/stage/pixels.ts';

const require = createRequire(import.meta.url);

/** The ffmpeg of 2018 that is installed with the project: every test file is made by it, so that all machines agree. */
export const oldFfmpeg = binaryOf('@ffmpeg-installer/ffmpeg');

/** Every ffmpeg to test with: the installed one, the one on PATH, and any in SLUICE_TEST_FFMPEG. */
export const ffmpegs: readonly { readonly name: string; readonly file: string }[] = [
  { name: 'installed', file: oldFfmpeg },
  ...onPath().map((file) => ({ name: 'PATH', file })),
  ...(process.env['SLUICE_TEST_FFMPEG'] ?? '')
    .split(path.delimiter)
    .filter((file) => file !== '')
    .map((file) => ({ name: path.basename(file), file })),
];

function binaryOf(name: string): string {
  const installer: { path: string } = require(name);
  return installer.path;
}

function onPath(): string[] {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return folders
    .map((folder) => path.join(folder, process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg'))
    .filter(runnable)
    .slice(0, 1);
}

function runnable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** npm does not run install scripts here, so the package's binary may lack its permission to run. */
function ffprobe(): string {
  const file = binaryOf('@ffprobe-installer/ffprobe');
  if (!runnable(file)) chmodSync(file, 0o755);
  return file;
}

const cache = path.join(CACHE_FOLDER, 'media');

/** A test file, made by ffmpeg from these arguments (what precedes the output's name) on its first use. */
export function media(name: string, args: string, input?: Uint8Array): string {
  return fileFrom(name, args.split(/\s+/), input);
}

/** As {@link media}, for arguments with spaces in them. */
export function fileFrom(name: string, args: readonly string[], input?: Uint8Array): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(args))
    .update(input ?? '')
    .digest('hex')
    .slice(0, 16);
  const folder = path.join(cache, hash);
  const file = path.join(folder, name);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const unfinished = path.join(folder, `${process.pid}-${name}`);
  execFileSync(oldFfmpeg, ['-v', 'error', '-y', ...args, unfinished], {
    input: input ?? '',
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  renameSync(unfinished, file);
  return file;
}

/** A file with these bytes in a folder of its own. */
export function writeWith(name: string, bytes: Uint8Array | string): string {
  const file = path.join(scratch(), name);
  writeFileSync(file, bytes);
  return file;
}

/** A new empty folder, gone when the tests of this file are done. */
export function scratch(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
  scratches.push(folder);
  return folder;
}

const scratches: string[] = [];
// `npm run fuzz` uses the clips without Vitest.
if (process.env['VITEST'])
  afterAll(() => {
    for (const folder of scratches) rmSync(folder, { recursive: true, force: true });
  });

/** Presentation times of all frames (µs) as ffprobe tells them: the truth to compare with. */
export function trueTimes(file: string): number[] {
  const args = [
    '-v',
    'error',
    '-select_streams',
    'v:0',
    '-show_entries',
    'stream=time_base:frame=best_effort_timestamp,pkt_duration',
    '-of',
    'json',
    file,
  ];
  const text = execFileSync(ffprobe(), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1e8 });
  const {
    frames,
    streams,
  }: {
    frames: { best_effort_timestamp?: number; pkt_duration?: number }[];
    streams: { time_base: string }[];
  } = JSON.parse(text);
  const [ticks = 0, per = 0] = (streams[0]?.time_base ?? '').split('/').map(Number);
  let next = 0;
  return frames.map((frame) => {
    // AVI has no time for the last of its reordered frames: it follows the one before.
    const time = frame.best_effort_timestamp ?? next;
    next = time + (frame.pkt_duration ?? 1);
    return Math.round((time * ticks * 1e6) / per);
  });
}

/** The same, counted from the first frame. */
export function timesFromFirst(file: string): number[] {
  const times = trueTimes(file);
  return times.map((time) => time - (times[0] ?? 0));
}

/** All that an iteration gives. */
export async function all(arrivals: AsyncIterable<Arrival<Pixels>>): Promise<Arrival<Pixels>[]> {
  const list: Arrival<Pixels>[] = [];
  for await (const arrival of arrivals) list.push(arrival);
  return list;
}

/** One pixel's colour. */
export function rgbAt({ width, channels, data }: Pixels, x: number, y: number): number[] {
  const at = (y * width + x) * channels;
  return [...data.subarray(at, at + 3)];
}

/** The colours in the four corners, rounded to their nearest name. */
export function corners(pixels: Pixels): string {
  const { width, height } = pixels;
  const inset = 3;
  const spots = [
    [inset, inset],
    [width - 1 - inset, inset],
    [inset, height - 1 - inset],
    [width - 1 - inset, height - 1 - inset],
  ] as const;
  return spots.map(([x, y]) => nameOf(rgbAt(pixels, x, y))).join(' ');
}

function nameOf(rgb: readonly number[]): string {
  const key = rgb.map((value) => (value > 200 ? '1' : value < 60 ? '0' : '?')).join('');
  const names: Record<string, string> = { '100': 'red', '010': 'green', '001': 'blue', '111': 'white', '000': 'black' };
  return names[key] ?? rgb.join('/');
}

/** Red, green, blue, white: top left, top right, bottom left, bottom right. */
export const QUADRANTS =
  'color=red:s=64x48:r=10:d=0.5,drawbox=x=32:y=0:w=32:h=24:c=0x00FF00:t=fill,drawbox=x=0:y=24:w=32:h=24:c=blue:t=fill,drawbox=x=32:y=24:w=32:h=24:c=white:t=fill,format=rgb24';
