import path from 'node:path';
import { npm } from './run-in.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The packed package. */
    tarball: string;
  }
}

const root = path.resolve(import.meta.dirname, '../..');

interface Packed {
  readonly filename: string;
}

/** Packs the package into a folder, as it is published, and gives the path of its tarball. */
export async function pack(folder: string): Promise<string> {
  const [packed] = JSON.parse(await npm(root, 'npm', 'pack', '--json', '--pack-destination', folder)) as [Packed];
  return path.join(folder, packed.filename);
}
