import { statSync } from 'node:fs';

/** What a path leads to: a regular file (`id` is the same for all its names), something else, or nothing yet. */
export type FileIdentity =
  | { readonly kind: 'file'; readonly id: string }
  | { readonly kind: 'other' }
  | { readonly kind: 'missing' };

/** Looks up what a path leads to, through links. */
export function fileIdentity(path: string): FileIdentity {
  try {
    const stats = statSync(path, { bigint: true });
    return stats.isFile() ? { kind: 'file', id: `${stats.dev}:${stats.ino}` } : { kind: 'other' };
  } catch {
    return { kind: 'missing' };
  }
}
