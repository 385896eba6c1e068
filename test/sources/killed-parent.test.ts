import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { root } from '../support/built.ts';
import { ffmpegs, media } from '../support/media.ts';
import { ffmpegChildren } from '../support/processes.ts';

const clip = (): string =>
  media('clip.ts', '-f lavfi -i testsrc2=s=64x48:r=10:d=0.5 -pix_fmt yuv420p -c:v libx264 -g 5 -f mpegts');

/** A packet of MPEG-TS without content. */
const NOTHING = Buffer.concat([Buffer.from([0x47, 0x1f, 0xff, 0x10]), Buffer.alloc(184, 0xff)]);

interface Endless {
  readonly url: string;
  requests(): number;
  close(): void;
}

/** Sends a clip, and to all requests after the first `whole` ones then nothing of use, for ever, so often that nothing times out. */
async function endless(whole: number): Promise<Endless> {
  const timers = new Set<NodeJS.Timeout>();
  let requests = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      requests++;
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\n\r\n');
      socket.write(readFileSync(clip()));
      if (requests <= whole) socket.end();
      else timers.add(setInterval(() => socket.write(NOTHING), 50));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    for (const timer of timers) clearInterval(timer);
    server.close();
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/live.ts`;
  return { url, requests: () => requests, close };
}

const script = (url: string, ffmpeg: string, policy: string): string => `
  import { videoFile } from 'sluice/node';
  videoFile(${JSON.stringify(url)}, { ffmpeg: ${JSON.stringify(ffmpeg)}, policy: '${policy}', leaseTimeout: Infinity })
    .subscribe();
`;

describe.skipIf(process.platform !== 'linux').each(ffmpegs)(
  'a process that is killed, with ffmpeg $name',
  ({ file }) => {
    it.each([
      ['looks at it', 'wait', 0],
      ['decodes it', 'wait', 1],
      ['decodes it in a thread', 'latest', 1],
    ])(
      'leaves no ffmpeg that reads a server for ever: while it %s',
      async (_, policy, whole) => {
        const server = await endless(whole);
        const parent = spawn(process.execPath, ['-e', script(server.url, file, policy)], {
          cwd: root,
          stdio: 'ignore',
        });
        try {
          await expect.poll(() => server.requests(), { timeout: 20_000 }).toBe(whole + 1);
          const children = ffmpegChildren(parent.pid ?? 0);
          expect(children.length).toBeGreaterThan(0);
          parent.kill('SIGKILL');
          const left = (): number => children.filter(({ pid }) => existsSync(`/proc/${pid}`)).length;
          await expect.poll(left, { timeout: 20_000 }).toBe(0);
        } finally {
          parent.kill('SIGKILL');
          server.close();
        }
      },
      60_000,
    );
  },
);
