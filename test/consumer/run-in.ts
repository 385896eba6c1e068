import { spawn } from 'node:child_process';

/** How a process ended, and what it printed. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in a folder and waits for its end; after `timeoutMs` it is killed, and its exit code is null. */
export function runIn(
  folder: string,
  program: string,
  args: readonly string[],
  { timeoutMs = 540_000, env = process.env, shell = false }: RunOptions = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { cwd: folder, env, shell, timeout: timeoutMs, killSignal: 'SIGKILL' });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

interface RunOptions {
  readonly timeoutMs?: number;
  readonly env?: NodeJS.ProcessEnv;
  /** For npm, which is a batch file on Windows. */
  readonly shell?: boolean;
}

/** Runs a program in a folder and gives what it printed; throws with all of it where the program fails. */
export async function printedBy(
  folder: string,
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await runIn(folder, program, args, options);
  if (code !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${code}:\n${stderr}${stdout}`);
  return stdout;
}

/** The same for npm or npx. */
export function npm(folder: string, program: 'npm' | 'npx', ...args: string[]): Promise<string> {
  return printedBy(folder, program, args, { shell: process.platform === 'win32' });
}
