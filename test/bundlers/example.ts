import { readFileSync } from 'node:fs';

/** The example of a guide, in a language, that contains a text. */
export function example(file: string, language: string, contains: string): string {
  const blocks = readFileSync(file, 'utf8').matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'));
  const found = [...blocks].map(([, code = '']) => code).find((code) => code.includes(contains));
  if (found === undefined) throw new Error(`${file} has no example with ${contains}`);
  return found;
}
