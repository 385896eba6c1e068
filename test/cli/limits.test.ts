import { describe, expect, it } from 'vitest';
import { NETWORK } from '../support/clips.ts';
import { classify, main, sluice, tiny } from '../support/sluice.ts';

describe('what sluice classify says of a machine and of wishes that cannot be met', { timeout: 60_000 }, () => {
  it.skipIf(process.platform === 'win32').each([40, 64])('%i open files are too few', async (most) => {
    const script = `ulimit -n ${most}; exec "$0" "$@"`;
    const command = ['sh', '-c', script, process.execPath, main] as const;
    const { code, stderr } = await sluice(['classify', ...NETWORK, tiny()], { command: [...command] });
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^sluice: error: too many open files \\(the limit is ${most}\\).*ulimit -n`));
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('a time in which there is no frame: with the time that there is', async () => {
    const { code, lines, stderr } = await classify([...NETWORK, '--quiet', '--start', '0.31', '--end', '0.35', tiny()]);
    expect([code, lines]).toEqual([0, []]);
    expect(stderr).toContain('no frame in the time from --start to --end: its frames are from 0 s to 1.000 s');
  });

  it.each(['-', 'rtsp://me:s3cret@camera/stream'])('%s is an error with advice', async (source) => {
    const { stderr } = await classify([...NETWORK, '--quiet', source]);
    expect(stderr).toMatch(/save it as a file first|record the stream first/);
    expect(stderr).not.toMatch(/s3cret|\n\s+at /);
  });
});
