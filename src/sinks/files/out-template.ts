import path from 'node:path';
import { OptionError } from '../../errors/errors.ts';
import { isBelow } from './is-below.ts';

/** Whether `A.csv` and `a.csv` are the same file on this platform. */
const FOLDS_CASE = process.platform === 'win32' || process.platform === 'darwin';

/** Whether a path is a template, which gives a file for each input. */
export function isTemplate(out: string): boolean {
  return /[{}]/.test(out);
}

/**
 * Returns the path for each input, from a template with `{dir}` (the input's folder), `{name}` (its name without extension),
 * `{file}` (its name with extension) and `{ext}` (the extension of the format); `{{` and `}}` are braces.
 *
 * Throws `OptionError` if two inputs have the same path, and if a path is outside the template's folder. That is the folder
 * before the first placeholder, or the input's folder if the template begins with `{dir}`.
 *
 * @example
 * outPaths('labels/{name}.{ext}', ['clips/a.mp4'], 'csv'); // Map { 'clips/a.mp4' => 'labels/a.csv' }
 */
export function outPaths(
  template: string,
  inputs: readonly string[],
  ext: string,
  option = '--out',
): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  const taken = new Map<string, string>();
  for (const input of inputs) {
    const out = fill(template, input, ext, option);
    const key = FOLDS_CASE ? path.resolve(out).toLowerCase() : path.resolve(out);
    const other = taken.get(key);
    if (other !== undefined) {
      const both = other === input ? `${input}, given twice,` : `${other} and ${input}`;
      throw new OptionError(`${option} ${template}: ${both} would both be written to ${out}`);
    }
    taken.set(key, input);
    paths.set(input, out);
  }
  return paths;
}

function fill(template: string, input: string, ext: string, option: string): string {
  const { dir, base } = partsOf(input);
  const name = path.parse(base).name;
  const values = new Map<string, string | undefined>(Object.entries({ dir, name, file: base, ext }));
  const out = template.replaceAll(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (found, key: string | undefined) => {
    if (found === '{{' || found === '}}') return found.slice(1);
    const value = key === undefined ? undefined : values.get(key);
    if (value !== undefined) return value;
    const why =
      key === 'dir' ? `${input} is a URL and has no folder` : 'a template may contain {dir}, {name}, {file} and {ext}';
    throw new OptionError(`${option} ${template}: ${found} has no value: ${why} (for braces write {{ and }})`);
  });
  const fixed = /^[^{}]*/.exec(template)?.[0] ?? '';
  const root = template.startsWith('{dir}') ? (dir ?? '.') : path.dirname(`${fixed}.`);
  if (!isBelow(root, out)) {
    throw new OptionError(`${option} ${template}: for ${input} the file is ${out}, which is outside ${root}`);
  }
  return out;
}

/** An input's folder (undefined for a URL) and its name, which contains no separator. */
function partsOf(input: string): { dir: string | undefined; base: string } {
  if (!/^(https?|file):\/\//i.test(input)) return { dir: path.dirname(input), base: path.basename(input) };
  const last = new URL(input).pathname.split('/').findLast((part) => part !== '') ?? 'index';
  // Escapes are not decoded: `%2e%2e%2f` would lead to another folder.
  return { dir: undefined, base: last };
}
