import { execFileSync } from 'node:child_process';

/** Milliseconds of CPU that a command takes with all of its processes, as the shell counts them. Other programs hardly change it. */
export function cpuTimeOf(command: string, args: readonly string[]): number {
  const printed = execFileSync('sh', ['-c', '"$@" > /dev/null && times', 'sh', command, ...args], { encoding: 'utf8' });
  const [user = 0, system = 0] = [...printed.matchAll(/(\d+)m([\d.]+)s/g)]
    .slice(-2)
    .map(([, minutes, seconds]) => 60 * Number(minutes) + Number(seconds));
  return 1000 * (user + system);
}
