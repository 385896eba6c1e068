import { readdirSync, readFileSync } from 'node:fs';

/** Children of a process that run an ffmpeg (Linux), also dead ones that nobody waited for. */
export function ffmpegChildren(parent: number): { pid: number; state: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const text = readFileSync(`/proc/${name}/stat`, 'latin1');
        const [state = '', ppid = ''] = text.slice(text.lastIndexOf(')') + 2).split(' ');
        return Number(ppid) === parent && text.includes('(ffmpeg') ? [{ pid: Number(name), state }] : [];
      } catch {
        return [];
      }
    });
}
