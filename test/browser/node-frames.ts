// What Node makes of clips, for the tests in Chromium to be held against: run by a command of theirs.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import installer from '@ffmpeg-installer/ffmpeg';
import { lastValueFrom, map, tap, toArray } from 'rxjs';
import { classify, preprocess, useEngine, type Pixels, type ResizeOptions } from 'sluice';
import { videoFile, type VideoFileOptions } from 'sluice/node';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';

/** What is compared. */
export interface NodeFrames {
  readonly timestamps: readonly number[];
  /** Of each picture of the sample clip, for MobileNet: its size and the SHA-256 of its bytes. */
  readonly pictures: readonly string[];
  /** The best class of each. */
  readonly labels: readonly { readonly seq: number; readonly label: string; readonly score: number }[];
  readonly otherwise: readonly Otherwise[];
  readonly streams: readonly StreamClip[];
}

/** A file with a clock that starts elsewhere than at 0, or with two video streams. */
export interface StreamClip {
  readonly name: string;
  /** The file, in Base64. */
  readonly bytes: string;
  /** What Node reads from it: size and time of each frame. */
  readonly reads: readonly { readonly options: ReadOptions; readonly frames: readonly string[] }[];
}

type ReadOptions = Pick<VideoFileOptions, 'start' | 'end' | 'stream'>;

/** Some frames of the clip, shown otherwise than they are stored, in several sizes. */
export interface Otherwise {
  readonly name: string;
  /** The file, in Base64. */
  readonly bytes: string;
  readonly sizes: readonly {
    readonly resize: ResizeOptions | undefined;
    /** The same of them. */
    readonly pictures: readonly string[];
  }[];
}

const SAMPLE = 'samples/cockatoo.mp4';
const hash = ({ width, height, data }: Pixels) =>
  `${width}×${height} ${createHash('sha256').update(data).digest('hex')}`;

await useEngine('wasm');
const net = await mobilenetV1();
const timestamps: number[] = [];
const pictures: string[] = [];
const results = await lastValueFrom(
  videoFile(SAMPLE, { resize: net.preprocess }).pipe(
    tap(({ label, data }) => {
      timestamps.push(label.timestamp);
      pictures.push(hash(data));
    }),
    preprocess(net.preprocess),
    net.pipeline,
    classify({ labels: net.labels, top: 1 }),
    toArray(),
  ),
);
const labels = results.map(({ seq, classes: [best] }) => ({
  seq,
  label: best?.label ?? '',
  score: best?.score ?? NaN,
}));

const HOW = {
  'as stored': [],
  'turned by a quarter': ['-metadata:s:v:0', 'rotate=90'],
  'upside down': ['-metadata:s:v:0', 'rotate=180'],
  'turned by three quarters': ['-metadata:s:v:0', 'rotate=270'],
  'of wide pixels': ['-aspect', '64:27'],
} as const;

const SIZES: readonly (ResizeOptions | undefined)[] = [
  undefined,
  { width: 101, height: 67, centralFraction: 0.713 },
  { width: 90, height: 90, fit: 'contain' },
  { width: 33, height: 400, fit: 'fill' },
];

async function otherwise(name: string, how: readonly string[], folder: string): Promise<Otherwise> {
  const file = path.join(folder, `${name}.mp4`);
  const copy = ['-frames:v', '3', '-c', 'copy', ...how];
  execFileSync(installer.path, ['-v', 'error', '-nostdin', '-i', SAMPLE, ...copy, file]);
  const sizes = [];
  for (const resize of SIZES) {
    const frames = videoFile(file, resize ? { resize } : {}).pipe(
      map(({ data }) => hash(data)),
      toArray(),
    );
    sizes.push({ resize, pictures: await lastValueFrom(frames) });
  }
  return { name, bytes: readFileSync(file, 'base64'), sizes };
}

const H264 = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-g', '5', '-bf', '2'];
const TWO = ['-filter_complex', '[0:v]split[a][b];[a]scale=64:36[s];[b]scale=128:72[l]', '-map', '[s]', '-map', '[l]'];

const STREAMS: Readonly<Record<string, readonly string[]>> = {
  'late.mkv': ['-vf', 'scale=64:36', ...H264, '-output_ts_offset', '100'],
  'offset.ts': ['-vf', 'scale=64:36', ...H264, '-f', 'mpegts'],
  'two.mkv': [...TWO, ...H264, '-disposition:v:0', '0', '-disposition:v:1', '0'],
  'marked.mkv': [...TWO, ...H264, '-disposition:v:0', 'default', '-disposition:v:1', '0'],
};

async function streamClip(name: string, how: readonly string[], folder: string): Promise<StreamClip> {
  const file = path.join(folder, name);
  execFileSync(installer.path, ['-v', 'error', '-nostdin', '-i', SAMPLE, '-t', '1', '-an', ...how, file]);
  const options: ReadOptions[] = [{}, { start: 0.3, end: 0.62 }];
  if (how.includes('-filter_complex')) options.push({ stream: 0 }, { stream: 1 });
  const reads = [];
  for (const given of options) {
    const frames = videoFile(file, given).pipe(
      map(({ data: { width, height }, label: { timestamp } }) => `${width}x${height} ${timestamp}`),
      toArray(),
    );
    reads.push({ options: given, frames: await lastValueFrom(frames) });
  }
  return { name, bytes: readFileSync(file, 'base64'), reads };
}

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-clips-'));
try {
  const clips = [];
  for (const [name, how] of Object.entries(HOW)) clips.push(await otherwise(name, how, folder));
  const streams = [];
  for (const [name, how] of Object.entries(STREAMS)) streams.push(await streamClip(name, how, folder));
  const all: NodeFrames = { timestamps, pictures, labels, otherwise: clips, streams };
  process.stdout.write(JSON.stringify(all));
} finally {
  rmSync(folder, { recursive: true });
}
