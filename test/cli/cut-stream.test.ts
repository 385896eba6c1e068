import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NETWORK } from '../support/clips.ts';
import { CutServer, type Sending } from '../support/cut-server.ts';
import { ffmpegs, media } from '../support/media.ts';
import { classify } from '../support/sluice.ts';

const stream = (): string =>
  media(
    'stream.ts',
    '-f lavfi -i testsrc2=s=160x120:r=10:d=4 -pix_fmt yuv420p -c:v libx264 -preset ultrafast -g 10 -f mpegts',
  );

/** The command over a stream that a server sends so. */
async function run(sending: Sending) {
  const server = new CutServer(readFileSync(stream()), sending);
  try {
    const url = await server.listen('live.ts');
    return await classify([...NETWORK, '--quiet', url]);
  } finally {
    await server.close();
  }
}

describe.skipIf(ffmpegs.every(({ name }) => name === 'installed'))('a stream over HTTP', () => {
  it.each(['length, cut', 'chunks, cut between two'] as const)('%s: results, then an error', async (sending) => {
    const { code, lines, stderr } = await run(sending);
    expect(code).toBe(1);
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.length).toBeLessThan(40);
    expect(stderr).toMatch(/^sluice: error: http:.*the stream is not complete$/m);
  });

  it('without a stated length: all results, and a warning', async () => {
    const { code, lines, stderr } = await run('close');
    expect([code, lines.length]).toEqual([0, 40]);
    expect(stderr).toMatch(/^sluice: warning: http:.*does not say whether the stream is complete$/m);
  });

  it('whole: all results, and nothing else', async () => {
    const { code, lines, stderr } = await run('chunks');
    expect([code, lines.length, stderr]).toEqual([0, 40, '']);
  });
});
