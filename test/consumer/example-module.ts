import { transformWithOxc } from 'vite';
import type { Snippet } from '../docs/snippets.ts';

/** Names that can be imported, by the module that exports them. */
export type Exported = Readonly<Record<string, readonly string[]>>;

const IMPORT = /^import (?:type )?(?:\* as (\w+)|\{([^}]*)\}) from '[^']+';$/gm;

/**
 * A snippet as a module of its own, in JavaScript.
 *
 * With `inScope` it may use what those modules export without an import, as a guide's later snippets do; without, it
 * runs as it stands.
 */
export async function exampleModule({ where, code }: Snippet, inScope: Exported = {}): Promise<string> {
  const imports = [...code.matchAll(IMPORT)];
  const own = new Set(imports.flatMap(([, all, names = '']) => (all === undefined ? locals(names) : [all])));
  const scope = Object.entries(inScope).map(([module, names]) => {
    const others = names.filter((name) => !own.has(name));
    others.forEach((name) => own.add(name));
    return `import { ${others.join(', ')} } from '${module}';`;
  });
  // In a block of its own, so that it may declare what is imported for it; the transform drops imports that are not used.
  // Its console is its own: what it prints later, from a subscription, must not count as another example's.
  const ownConsole = `const console = exampleConsole(${JSON.stringify(where)});`;
  const body = `{\n${ownConsole}\n${code.replaceAll(IMPORT, '')}\n}`;
  const text = [...scope, ...imports.map(([line]) => line), body].join('\n');
  return (await transformWithOxc(text, `${where}.ts`)).code;
}

/** The names that `{ a, b as c, type D }` brings. */
function locals(names: string): string[] {
  return names
    .split(',')
    .map(
      (name) =>
        name
          .trim()
          .split(/\s+as\s+/)
          .at(-1) ?? '',
    )
    .map((name) => name.replace(/^type\s+/, ''))
    .filter((name) => name !== '');
}
