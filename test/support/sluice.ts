import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { main, root } from './built.ts';
import { media } from './media.ts';

export { main };

/** 280 frames, 20 a second. */
export const sample = path.join(root, 'samples/cockatoo.mp4');
export const squirrel = path.join(root, 'test/data/squirrel_cls.jpg');

/** Ten frames, one every 100 ms. */
export const tiny = (name = 'tiny.mp4'): string =>
  media(name, '-f lavfi -i testsrc2=s=64x48:r=10:d=1 -pix_fmt yuv420p -c:v libx264 -g 5');

export interface Line {
  readonly source: string;
  readonly seq: number;
  readonly timestamp: number;
  readonly classes: readonly { readonly index: number; readonly label: string; readonly score: number }[];
  readonly timings?: readonly {
    readonly stage: string;
    readonly submitMs: number;
    readonly deviceMs: number;
    readonly method: string;
  }[];
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  /** Without the one line that warns of the old ffmpeg, where that is the only one. */
  readonly stderr: string;
}

export interface Where {
  readonly cwd?: string;
  /** In place of, or added to, this process's; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Another program than the built one, such as a shell, and its first arguments. */
  readonly command?: readonly [string, ...string[]];
  /** Default: none. */
  readonly stdin?: 'pipe';
  readonly stdout?: number;
  readonly stderr?: number;
  /** In a process group of its own, as a terminal starts it. */
  readonly group?: boolean;
  /** Another user, where this one is root. */
  readonly uid?: number;
  readonly gid?: number;
}

/** A run that goes on. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout = '';
  #stderr = '';

  constructor(args: readonly string[], { cwd, env, command, group = false, uid, gid, ...streams }: Where = {}) {
    const [file, ...before] = command ?? [process.execPath, main];
    this.child = spawn(file, [...before, ...args], {
      cwd,
      env: { ...process.env, FFMPEG_PATH: undefined, ...env },
      stdio: [streams.stdin ?? 'ignore', streams.stdout ?? 'pipe', streams.stderr ?? 'pipe'],
      detached: group,
      uid,
      gid,
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.ended = this.#end();
  }

  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error('the process did not start');
    return pid;
  }

  get stdout(): string {
    return this.#stdout;
  }

  /** The lines that are whole. */
  get lines(): Line[] {
    return parse(this.#stdout.slice(0, this.#stdout.lastIndexOf('\n') + 1));
  }

  get stderr(): string {
    return this.#stderr
      .split(/(?<=\n)/)
      .filter((line) => !line.includes('using the ffmpeg of 2018'))
      .join('');
  }

  /** Resolves when so many result lines came, or fails when the run ended before. */
  async untilLines(count: number): Promise<void> {
    await this.until(() => this.#stdout.split('\n').length > count, `${count} lines`);
  }

  async until(happened: () => boolean, what: string): Promise<void> {
    const over = this.ended.then(() => true);
    while (!happened()) {
      if (await Promise.race([over, wait(10)])) {
        if (happened()) return;
        throw new Error(`the run ended before there were ${what}; it said: ${this.#stderr}`);
      }
    }
  }

  async #end(): Promise<Ended> {
    const [code, signal]: [number | null, NodeJS.Signals | null] = await new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (...end) => resolve(end));
    });
    return { code, signal, stdout: this.#stdout, stderr: this.stderr };
  }
}

/** Runs the command to its end. */
export async function sluice(args: readonly string[], where: Where = {}): Promise<Ended> {
  return new Running(args, where).ended;
}

/** Runs `sluice classify` to its end. */
export async function classify(args: readonly string[], where: Where = {}): Promise<Ended & { lines: Line[] }> {
  const ended = await sluice(['classify', ...args], where);
  return { ...ended, lines: parse(ended.stdout) };
}

/** NDJSON: every line is whole, the last one too. */
export function parse(text: string): Line[] {
  if (text !== '' && !text.endsWith('\n')) throw new Error(`the last line is cut: …${text.slice(-100)}`);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line): Line => JSON.parse(line));
}

/** What is said beside how far the run is, which a slow machine is told and a fast one is not. */
export function withoutProgress(stderr: string): string {
  return stderr.replaceAll(/^.*: \d+ frames( \(\d+ %\))?, [^\n]*frames\/s[^\n]*\n/gm, '');
}

/** The error lines on stderr. */
export function errorsIn(stderr: string): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('sluice: error: '));
}

/** The processes of an ffmpeg that a process started; on Linux only. */
export function ffmpegsOf(parent: number): number[] {
  return readdirSync('/proc').flatMap((name) => {
    const fields = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    return fields?.ppid === parent && fields.name.startsWith('ffmpeg') ? [Number(name)] : [];
  });
}

/** Whether a process runs; a dead one that nobody waited for does not. */
export function runs(pid: number): boolean {
  const state = statOf(pid)?.state;
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** CPU time so far, in ticks. */
export function ticksOf(pid: number): number {
  return statOf(pid)?.ticks ?? NaN;
}

function statOf(pid: number): { name: string; state: string; ppid: number; ticks: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const end = text.lastIndexOf(')');
    const fields = text.slice(end + 2).split(' ');
    const [state = '', ppid = ''] = fields;
    const name = text.slice(text.indexOf('(') + 1, end);
    return { name, state, ppid: Number(ppid), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined;
  }
}

/** Resolves when none of them runs any more; fails after so many seconds. */
export async function untilGone(pids: readonly number[], seconds: number): Promise<void> {
  for (const deadline = performance.now() + seconds * 1000; pids.some(runs); await wait(20)) {
    if (performance.now() > deadline)
      throw new Error(`still running after ${seconds} s: ${pids.filter(runs).join(', ')}`);
  }
}
