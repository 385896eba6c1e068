import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The imports of every file: its path, with `/`, relative to the folder it was read from. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

// Static imports and re-exports (types included), `import('…')` in code and in types, and the scripts of workers.
const IMPORTS =
  /^(?:import|export)\b[^;]*?\bfrom '(\.[^']+)';|^import '(\.[^']+)';|\bimport\('(\.[^']+)'\)|\bnew URL\('(\.[^']+\.tsx?)', import\.meta\.url\)/gm;

/** The source files below `folder`, with the files that each imports. The source must be formatted by oxfmt. */
export function importGraph(folder: string): ImportGraph {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
  return new Map(
    files.map((name) => {
      const file = slashed(name);
      return [file, importsOf(readFileSync(path.join(folder, name), 'utf8'), file)];
    }),
  );
}

/** What the source of `file` imports by a relative path. */
export function importsOf(source: string, file: string): string[] {
  const code = source.replaceAll(/^ *\/?\*.*$/gm, '');
  const found = [...code.matchAll(IMPORTS)].flatMap((match) => match.slice(1).filter((one) => one !== undefined));
  return [...new Set(found.map((to) => path.posix.join(path.posix.dirname(file), to)))];
}

/** Each group of files that import one another in a circle, as the shortest way from a file back to itself. */
export function circles(graph: ImportGraph): string[][] {
  const seen = new Set<string>();
  const found: string[][] = [];
  for (const start of graph.keys()) {
    if (seen.has(start)) continue;
    const circle = wayBack(graph, start);
    if (!circle) continue;
    found.push(circle);
    for (const file of circle) seen.add(file);
  }
  return found;
}

/** Breadth first, so that the way is the shortest one. */
function wayBack(graph: ImportGraph, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>();
  for (const queue = [start]; queue.length > 0;) {
    const file = queue.shift() as string;
    for (const next of graph.get(file) ?? []) {
      if (next === start) {
        const way = [start];
        for (let at = file; at !== start; at = cameFrom.get(at) as string) way.unshift(at);
        return [start, ...way];
      }
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      queue.push(next);
    }
  }
  return undefined;
}

function slashed(file: string): string {
  return file.split(path.sep).join('/');
}
