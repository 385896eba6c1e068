import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A piece of code out of the documentation, and what its `console.log`s are said to print. */
export interface Snippet {
  /** `src/stages/conv2d.ts:25`. */
  readonly where: string;
  readonly code: string;
  /** The comment behind each `console.log(…);`, or the lines of comment below one, in the order of the text. */
  readonly prints: readonly string[];
}

/** The `@example`s of all doc comments in a folder's TypeScript files. */
export function examplesIn(folder: string): Snippet[] {
  return filesIn(folder, '.ts').flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    return [...text.matchAll(/@example\n((?:[ \t]*\*(?!\/).*\n)+?)[ \t]*(?:\*\/|\* @)/g)].map((match) => {
      const code = (match[1] ?? '').replaceAll(/^[ \t]*\* ?/gm, '');
      return snippet(`${file}:${lineOf(text, match.index) + 1}`, code);
    });
  });
}

/** The guides whose later examples use what the first one makes: these names, which it makes before this line. */
const SHARED: Readonly<Record<string, { readonly names: string; readonly before: string }>> = {
  'docs/training.md': { names: 'untrained, examples, others', before: 'const training =' },
};

/** The fenced TypeScript blocks of a Markdown file, except those marked `no-run`. */
export function blocksIn(file: string): Snippet[] {
  const text = readFileSync(file, 'utf8');
  const blocks = [...text.matchAll(/^```(?:ts|typescript)\n([\s\S]*?)^```/gm)];
  return blocks.map((match, i) => {
    const [, code = ''] = match;
    const before = i === 0 ? '' : sharedCode(file, code, blocks[0]?.[1] ?? '');
    return snippet(`${file}:${lineOf(text, match.index) + 1}`, `${before}${code}`);
  });
}

/** What makes the names that an example takes from the first one of its guide. */
function sharedCode(file: string, code: string, first: string): string {
  const shared = SHARED[file];
  if (!shared || !new RegExp(`\\b(${shared.names.replaceAll(', ', '|')})\\b`).test(code)) return '';
  const made = first.slice(0, first.indexOf(shared.before)).replaceAll(/^import .*$/gm, '');
  return `const { ${shared.names} } = await (async () => {${made}return { ${shared.names} };\n})();\n`;
}

function snippet(where: string, code: string): Snippet {
  const prints: string[] = [];
  let below = false;
  for (const line of code.split('\n')) {
    const beside = /console\.log\(.*\);.*?\/\/ (.+)$/.exec(line)?.[1];
    const comment: string | undefined = below ? /^\s*\/\/ (.+)$/.exec(line)?.[1] : undefined;
    const printed = beside ?? comment;
    if (printed !== undefined) prints.push(printed.trim());
    below = comment !== undefined || (beside === undefined && /console\.log\(.*\);/.test(line));
  }
  return { where, code, prints };
}

function filesIn(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending))
    .map((path) => join(folder, path));
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
