import { chmodSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeCgroup, type Cgroup, type CgroupLimits } from '../support/cgroup.ts';
import { long, NETWORK, placed } from '../support/clips.ts';
import { oldFfmpeg } from '../support/media.ts';
import { main, parse, sample, sluice, tiny } from '../support/sluice.ts';

const made: Cgroup[] = [];
afterAll(() => Promise.all(made.map((cgroup) => cgroup.remove())));

function cgroup(limits: CgroupLimits): Cgroup {
  const one = makeCgroup(limits);
  if (!one) throw new Error('no cgroup can be made here any more');
  made.push(one);
  return one;
}

const probe = makeCgroup({ memory: 300e6, cores: 1 });
probe?.removeNow();

/** Real containers differ from these cgroups only in what else they hide. Needs the right to make a cgroup. */
describe.runIf(probe)('in a cgroup', () => {
  const run = (where: Cgroup, args: readonly string[]) =>
    sluice(args, { command: [...where.command, process.execPath, main] });

  it('of 300 MB, one worker labels all files and nothing is killed', async () => {
    const where = cgroup({ memory: 300 * 2 ** 20 });
    const { code, stdout, stderr } = await run(where, ['batch', '--top', '1', '--every', '20', sample, long()]);
    expect(stderr).toMatch(
      /^workers +1 \(as many as fit, with \d+ MB for each, into 236 MB, three quarters of the container's memory: memory\.\w+ allows 315 MB\) *$/m,
    );
    expect([code, where.kills]).toEqual([0, 0]);
    expect(parse(stdout).length).toBe(280 / 20 + 500 / 20);
  });

  it('of 300 MB, --memory cannot ask for more', async () => {
    const where = cgroup({ memory: 300 * 2 ** 20 });
    const { code, stderr } = await run(where, ['batch', '--quiet', ...NETWORK, '--memory', '4GB', tiny()]);
    expect(stderr).toMatch(
      /^sluice: warning: memory is 4000 MB, but memory\.\w+ allows 315 MB: the workers take 236 MB, three quarters of that\n$/,
    );
    expect([code, where.kills]).toEqual([0, 0]);
  });

  it('of half a core, one worker runs, and classify computes on one thread', async () => {
    const where = cgroup({ cores: 0.5 });
    const batch = await run(where, ['batch', '--progress', 'json', ...NETWORK, tiny()]);
    expect(JSON.parse(batch.stderr.split('\n').find((line) => line.includes('"start"')) ?? '')).toMatchObject({
      workers: 1,
      workersReason: expect.stringMatching(/^one for each core: cpu\.\w+ allows 0\.5 cores$/),
    });
    const { code, stderr } = await run(where, ['classify', ...NETWORK, '--engine', 'onnxruntime', tiny()]);
    expect(stderr).toMatch(/^engine: onnxruntime \(asked for; on 1 thread, because cpu\.\w+ allows 0\.5 cores\)$/m);
    expect([batch.code, code]).toEqual([0, 0]);
  });

  it('of half a core, ffmpeg decodes on one thread', async () => {
    const log = placed('arguments.log', '');
    const ffmpeg = placed('noting-ffmpeg', `#!/bin/sh\necho "$*" >> '${log}'\nexec '${oldFfmpeg}' "$@"\n`);
    chmodSync(ffmpeg, 0o755);
    const script = `import { videoFile } from '${path.join(path.dirname(main), '../node.js')}';
      videoFile('${tiny()}', { ffmpeg: '${ffmpeg}' }).subscribe();`;
    const args = ['--input-type=module', '-e', script];
    const limited = cgroup({ cores: 0.5 });
    const ended = [
      await sluice(args, { command: [...limited.command, process.execPath] }),
      await sluice(args, { command: [process.execPath] }),
    ];
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    const threads = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.includes('-filter_complex '));
    expect(threads.map((line) => / -threads (\d+) /.exec(line)?.[1])).toEqual(['1', undefined]);
  });
});
