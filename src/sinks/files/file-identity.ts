import { statSync } from 'node:fs';

/** What a path refers to: a regular file (all names of a file have the same `id`), something else, or nothing. */
export type FileIdentity =
  | { readonly kind: 'file'; readonly id: string }
  | { readonly kind: 'other' }
  | { readonly kind: 'missing' };

/** Looks up what a path refers to. Follows links. */
export function fileIdentity(path: string): FileIdentity {
  try {
    const stats = statSync(path, { bigint: true });
    return stats.isFile() ? { kind: 'file', id: `${stats.dev}:${stats.ino}` } : { kind: 'other' };
  } catch {
    return { kind: 'missing' };
  }
}
