import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cachedFile } from '../../scripts/cached-file.ts';

/**
 * The archive of an npm package, which is not installed, kept between runs. Undefined, with a message, where npm can't reach it.
 * Throws for an archive with another SHA-256.
 */
export async function npmArchive(spec: string, sha256: string): Promise<string | undefined> {
  const name = `${spec.replace(/^@/, '').replaceAll(/[/@]/g, '-')}.tgz`;
  let file: string;
  try {
    file = await cachedFile(name, (target) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'sluice-npm-'));
      try {
        const pack = ['pack', spec, '--silent', '--fetch-retries=0', '--pack-destination', folder];
        // A slow network must not hold up all other tests.
        const { status } = spawnSync('npm', pack, { shell: process.platform === 'win32', timeout: 120_000 });
        if (status !== 0) throw new Error(`npm can't fetch ${spec} within two minutes`);
        copyFileSync(path.join(folder, name), target);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  } catch (error) {
    process.stderr.write(`${String(error)} from here: the test that pulls it is skipped\n`);
    return undefined;
  }
  const found = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (found !== sha256) throw new Error(`${spec} has the SHA-256 ${found}, not ${sha256}`);
  return file;
}
