import { readdirSync, readFileSync } from 'node:fs';

/** All processes below one; Linux only. */
export function below(pid: number): { pid: number; name: string }[] {
  const all = readdirSync('/proc').flatMap((entry) => {
    try {
      const text = /^\d+$/.test(entry) ? readFileSync(`/proc/${entry}/stat`, 'latin1') : '';
      const end = text.lastIndexOf(')');
      const name = text.slice(text.indexOf('(') + 1, end);
      return end > 0 ? [{ pid: Number(entry), name, parent: Number(text.slice(end + 2).split(' ')[1]) }] : [];
    } catch {
      return [];
    }
  });
  const children = (of: number): { pid: number; name: string }[] =>
    all.filter(({ parent }) => parent === of).flatMap((child) => [child, ...children(child.pid)]);
  return children(pid);
}
