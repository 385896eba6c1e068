import { execFileSync, spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { root } from '../../support/built.ts';
import { ffmpegs, media } from '../../support/media.ts';

const PUBLIC = '203.0.113.7';
const PRIVATE = '10.77.0.7';
const clip = (): string =>
  media('clip.ts', '-f lavfi -i testsrc2=s=64x48:r=10:d=0.5 -pix_fmt yuv420p -c:v libx264 -g 5 -f mpegts');

/** Gives this process a network of its own, in which these addresses are this machine. */
const SETUP = [
  'ip link set lo up',
  ...[PUBLIC, PRIVATE].map((address) => `ip addr add ${address}/32 dev lo`),
  'exec "$0" "$@"',
].join(' && ');

function canHaveNetwork(): boolean {
  try {
    execFileSync('unshare', ['-rn', 'sh', '-c', SETUP, 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs in the network: servers at all addresses, and what comes of a URL that redirects, or of a playlist that names another. */
const SCRIPT = `
  import { createServer } from 'node:http';
  import { readFileSync } from 'node:fs';
  import { decode } from './dist/sources/ffmpeg/decode.js';
  const [clip, ffmpeg] = process.argv.slice(1);
  const asked = [];
  const serve = (address) => new Promise((resolve) => {
    createServer(({ url, headers }, response) => {
      const to = new URL(url, 'http://x').searchParams.get('to');
      if (url.startsWith('/clip')) { asked.push(headers.host); response.end(readFileSync(clip)); }
      else if (url.startsWith('/list')) response.end('#EXTM3U\\n#EXT-X-TARGETDURATION:1\\n#EXTINF:1,\\n' + to + '\\n#EXT-X-ENDLIST\\n');
      else response.writeHead(302, { location: to }).end();
    }).listen(8080, address, resolve).unref();
  });
  const addresses = ['${PUBLIC}', '${PRIVATE}', '127.0.0.1'];
  for (const address of addresses) await serve(address);
  const results = [];
  for (const from of addresses) for (const to of addresses) for (const how of ['moved', 'list']) {
    asked.length = 0;
    let frames = 0;
    let code;
    let message = '';
    const there = encodeURIComponent('http://' + to + ':8080/clip.ts');
    const url = 'http://' + from + ':8080/' + how + '?to=' + there;
    try {
      for await (const _ of decode(url, { ffmpeg, allowPlaylists: true })) frames++;
    } catch (error) { ({ code, message } = error); }
    results.push({ from, to, how, frames, code, message, asked: asked.length });
  }
  console.log(JSON.stringify(results));
`;

interface Outcome {
  readonly from: string;
  readonly to: string;
  readonly how: string;
  readonly frames: number;
  readonly code?: string;
  readonly message: string;
  readonly asked: number;
}

function outcomes(ffmpeg: string): Promise<readonly Outcome[]> {
  const run = [process.execPath, '-e', SCRIPT, clip(), ffmpeg];
  return new Promise((resolve, reject) => {
    const child = spawn('unshare', ['-rn', 'sh', '-c', SETUP, ...run], { cwd: root });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text: Buffer) => (stdout += String(text)));
    child.stderr.on('data', (text: Buffer) => (stderr += String(text)));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(JSON.parse(stdout)) : reject(new Error(stderr))));
  });
}

// Needs Linux, and the right to have a network of one's own.
describe.skipIf(!canHaveNetwork())('a way to a nearer address', () => {
  it.each(ffmpegs)(
    'is refused, and nothing is asked there, with ffmpeg $name',
    async ({ file }) => {
      const order = [PUBLIC, PRIVATE, '127.0.0.1'];
      for (const { from, to, how, frames, code, message, asked } of await outcomes(file)) {
        const way = `${how} from ${from} to ${to}: ${message}`;
        if (order.indexOf(to) > order.indexOf(from)) {
          expect([code, frames, asked], way).toEqual(['not-allowed', 0, 0]);
          expect(message).toContain(to);
        } else {
          expect([code, frames], way).toEqual([undefined, 5]);
          expect(asked).toBeGreaterThan(0);
        }
      }
    },
    60_000,
  );
});
