import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { locateFfmpeg } from '../src/sources/ffmpeg/locate.ts';
import { cachedFile } from './cached-file.ts';

const sample = path.resolve(import.meta.dirname, '../samples/cockatoo.mp4');

/** The sample clip in the format that Chromium reads for its fake camera. */
export function fakeCamera(): Promise<string> {
  return cachedFile('cockatoo.mjpeg', async (file) => {
    const { path: ffmpeg } = await locateFfmpeg();
    const args = ['-v', 'error', '-y', '-i', sample, '-c:v', 'mjpeg', '-q:v', '3', '-f', 'mjpeg', file];
    const { status, stderr } = spawnSync(ffmpeg, args);
    if (status !== 0) throw new Error(`ffmpeg could not write the clip for the fake camera: ${String(stderr)}`);
  });
}
