import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NETWORK } from '../support/clips.ts';
import { oldFfmpeg, scratch } from '../support/media.ts';
import { parse, sluice, tiny, type Ended } from '../support/sluice.ts';

const SECRET = 's3cret';
let server: Server;
let base = '';

beforeAll(async () => {
  const authorization = `Basic ${Buffer.from(`bob:${SECRET}`).toString('base64')}`;
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://host');
    const knows =
      request.headers.authorization === authorization || (searchParams.get('token') ?? '').startsWith(SECRET);
    if (!knows) response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    else if (pathname.endsWith('tiny.mp4')) response.end(readFileSync(tiny()));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address === 'object') base = `127.0.0.1:${address?.port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** All that a run said and wrote. */
function traces({ stdout, stderr }: Ended, folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const texts = files.map(({ parentPath, name }) => name + readFileSync(path.join(parentPath, name), 'latin1'));
  return [stdout, stderr, ...texts].join('\n');
}

describe('passwords in URLs', { timeout: 120_000 }, () => {
  it('sluice classify shows none, and labels two URLs that differ in theirs', async () => {
    const folder = scratch();
    const urls = [
      `http://bob:${SECRET}@${base}/tiny.mp4`,
      `http://${base}/tiny.mp4?token=${SECRET}1`,
      `http://${base}/tiny.mp4?token=${SECRET}2`,
    ];
    const ended = await sluice(['classify', ...NETWORK, '--per', 'file', '--report', 'r.html', ...urls], {
      cwd: folder,
    });
    expect(ended.code).toBe(0);
    expect(parse(ended.stdout).map(({ source }) => source)).toEqual([
      `http://***@${base}/tiny.mp4`,
      `http://${base}/tiny.mp4?token=***`,
      `http://${base}/tiny.mp4?token=***#2`,
    ]);
    expect(traces(ended, folder)).not.toContain(SECRET);
  });

  it('nor in errors, subtitles and annotated videos', async () => {
    const folder = scratch();
    const url = `http://${base}/tiny.mp4?token=${SECRET}`;
    const outputs = ['--out', '{name}.vtt', '--annotate', '{name}-labels.mp4', '--ffmpeg', oldFfmpeg];
    const ended = await sluice(['classify', ...NETWORK, ...outputs, url], { cwd: folder });
    expect(readdirSync(folder).toSorted()).toEqual(['tiny-labels.mp4', 'tiny.vtt']);
    expect(traces(ended, folder)).not.toContain(SECRET);
    const wrong = [
      `http://bob:${SECRET}no@${base}/tiny.mp4`,
      `http://bob:${SECRET}@${base}/gone.mp4`,
      `http://b:${SECRET}/@h/`,
    ];
    const failed = await sluice(['classify', ...NETWORK, ...wrong], { cwd: folder });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('401');
    expect(traces(failed, folder)).not.toContain(SECRET);
  });

  it('sluice batch keeps none in its job, and resumes with the same and with a new token', async () => {
    const folder = scratch();
    const run = (token: string, ...more: string[]) =>
      sluice(
        [
          ...['batch', ...NETWORK, '--job', 'j', '--report', 'r.html', '--annotate', '{name}-{file}.mp4', ...more],
          `http://bob:${SECRET}@${base}/tiny.mp4`,
          ...[`http://${base}/a-tiny.mp4?token=${token}1`, `http://${base}/b-tiny.mp4?token=${token}2`],
        ],
        { cwd: folder },
      );
    const first = await run(SECRET);
    expect(first.code).toBe(0);
    expect(parse(first.stdout)).toHaveLength(30);
    expect(traces(first, folder)).not.toContain(SECRET);
    for (const token of [SECRET, `${SECRET}-new`]) {
      const again = await run(token);
      expect([again.code, again.stdout]).toEqual([0, first.stdout]);
      expect(traces(again, folder)).not.toContain(SECRET);
    }
  });

  it('sluice batch labels two URLs that differ in their tokens', async () => {
    const folder = scratch();
    const urls = ['1', '2'].map((token) => `http://${base}/tiny.mp4?token=${SECRET}${token}`);
    const ended = await sluice(['batch', ...NETWORK, '--job', 'j', '--out', 'all.ndjson', ...urls], { cwd: folder });
    expect(ended.code).toBe(0);
    const sources = parse(readFileSync(path.join(folder, 'all.ndjson'), 'utf8')).map(({ source }) => source);
    expect(new Set(sources).size).toBe(2);
    expect(sources).toHaveLength(20);
    expect(traces(ended, folder)).not.toContain(SECRET);
  });
});
