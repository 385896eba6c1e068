import { describe, expect, it } from 'vitest';
import { NETWORK } from '../support/clips.ts';
import { media } from '../support/media.ts';
import { errorsIn, sluice, tiny } from '../support/sluice.ts';

/** Too large to be left to the worker alone. */
const large = () =>
  media('hwaccel.mp4', '-f lavfi -i nullsrc=s=96x96:r=10:d=4,geq=random(1)*255:128:128 -c:v libx264 -qp 10 -g 10');

const hardwareIn = (stderr: string) => stderr.split('\n').filter((line) => line.includes('without hardware'));

describe.each([['classify'], ['batch', '--workers', '2']])('%s --hwaccel', (...command) => {
  const run = (...more: string[]) => sluice([...command, ...NETWORK, '--top', '1', ...more]);

  it('auto: where there is no device, gives the results of none, and says so once for all files', async () => {
    const files = [tiny(), large()];
    const [auto, none] = [await run('--hwaccel', 'auto', ...files), await run('--hwaccel', 'none', ...files)];
    expect([auto.code, none.code], auto.stderr).toEqual([0, 0]);
    expect(hardwareIn(none.stderr)).toEqual([]);
    const said = hardwareIn(auto.stderr);
    // On a machine with a device nothing is said, and the pixels may be others.
    if (said.length > 0) expect(auto.stdout).toBe(none.stdout);
    expect(auto.stdout.split('\n')).toHaveLength(51);
    expect(said.length).toBeLessThanOrEqual(1);
    for (const line of said) {
      expect(line).toBe('sluice: warning: h264 is decoded without hardware: there is no device for it');
    }
  });

  it('a name that ffmpeg does not know is one error, and wrong usage', async () => {
    const { code, stdout, stderr } = await run('--hwaccel', 'warp', tiny(), tiny('other.mp4'));
    expect(errorsIn(stderr)).toEqual([
      expect.stringMatching(/hwaccel \(--hwaccel\): .* does not know warp; it knows \w+/),
    ]);
    expect([code, stdout]).toEqual([2, '']);
  });
});
