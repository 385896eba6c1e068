import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { locateFfmpeg } from '../src/sources/ffmpeg/locate.ts';

const root = path.resolve(import.meta.dirname, '..');

/** The sample clip in the form in which Chromium takes one for its fake camera; made once. */
export async function fakeCamera(): Promise<string> {
  const file = path.join(root, 'node_modules/.cache/sluice/cockatoo.mjpeg');
  if (existsSync(file)) return file;
  mkdirSync(path.dirname(file), { recursive: true });
  const { path: ffmpeg } = await locateFfmpeg();
  const temporary = `${file}.${process.pid}`;
  const args = ['-v', 'error', '-y', '-i', path.join(root, 'samples/cockatoo.mp4'), '-c:v', 'mjpeg', '-q:v', '3'];
  const { status, stderr } = spawnSync(ffmpeg, [...args, '-f', 'mjpeg', temporary]);
  if (status !== 0) throw new Error(`ffmpeg did not make the fake camera's clip: ${String(stderr)}`);
  renameSync(temporary, file);
  return file;
}
