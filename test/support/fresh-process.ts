import { spawn } from 'node:child_process';
import { root } from './built.ts';

/** What a process of its own printed, and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What else a process is started with. */
export interface Start {
  /** Flags of Node, such as `--expose-gc`. */
  readonly flags?: readonly string[];
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a script (plain JavaScript; `sluice` is the built package, which starts three times as fast as the sources) in a new
 * process: the tensor engine is process-wide.
 */
export function freshProcess(script: string, { flags: more = [], env }: Start = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...more, '-e', script], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** The same for a script that prints one JSON value, and nothing else anywhere. */
export async function jsonOf(script: string): Promise<unknown> {
  const { code, stdout, stderr } = await freshProcess(script);
  if (code !== 0 || stderr !== '') throw new Error(`exit code ${code}: ${stderr}`);
  return JSON.parse(stdout);
}
