import path from 'node:path';

/** Whether a path is below a folder, by its name: links are not followed. */
export function isBelow(folder: string, file: string): boolean {
  const inside = path.relative(path.resolve(folder), path.resolve(file));
  return inside !== '' && inside !== '..' && !inside.startsWith(`..${path.sep}`) && !path.isAbsolute(inside);
}
