import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { OptionError, SourceError, messageOf } from '../../errors/errors.ts';
import type { Ffmpeg } from './locate.ts';

const known = new Map<string, Promise<readonly string[]>>();

/** Throws `OptionError` for a kind of decoding hardware that an ffmpeg does not know. Each binary is asked once per process. */
export async function checkHwaccel({ path }: Pick<Ffmpeg, 'path'>, hwaccel: string | undefined): Promise<void> {
  if (hwaccel === undefined || hwaccel === 'auto' || hwaccel === 'none') return;
  const asked = known.get(path) ?? list(path);
  known.set(path, asked);
  // A binary that failed may be repaired while the process runs.
  asked.catch(() => known.delete(path));
  const names = await asked;
  if (names.includes(hwaccel)) return;
  const those = names.length === 0 ? 'it knows none' : `it knows ${names.join(', ')}`;
  throw new OptionError(
    `hwaccel (--hwaccel): ${path} does not know ${hwaccel}; ${those}. Besides those there are auto and none`,
  );
}

/** The names that an ffmpeg lists, one a line after a title. */
async function list(ffmpeg: string): Promise<readonly string[]> {
  try {
    const how = { timeout: 20_000, maxBuffer: 64 * 1024, windowsHide: true };
    const { stdout } = await promisify(execFile)(ffmpeg, ['-hide_banner', '-hwaccels'], how);
    return [...new Set(stdout.match(/^\w+(?=\s*$)/gm) ?? [])];
  } catch (cause) {
    throw new SourceError('bad-ffmpeg', `${ffmpeg} does not list its hwaccels: ${messageOf(cause)}`, { cause });
  }
}
