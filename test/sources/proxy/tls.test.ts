import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';
import { freshProcess } from '../../support/fresh-process.ts';
import { media, scratch } from '../../support/media.ts';

const VIDEO = '-f lavfi -i testsrc2=s=64x48:r=10:d=0.5 -pix_fmt yuv420p -c:v libx264 -g 5';

/** A certificate for localhost, signed by itself; undefined where there is no openssl. */
function certificate(): { key: string; cert: string } | undefined {
  const folder = scratch();
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  try {
    execFileSync(
      'openssl',
      [...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert], ...names],
      {
        stdio: 'ignore',
      },
    );
    return { key, cert };
  } catch {
    return undefined;
  }
}

const pair = certificate();

/** Reads files of a server by TLS, which redirects, asks for a password and serves playlists. */
const script = (key: string, cert: string): string => `
  import { createServer } from 'node:https';
  import { readFileSync } from 'node:fs';
  import { decode } from './dist/sources/ffmpeg/decode.js';
  const ts = readFileSync(${JSON.stringify(media('clip.ts', `${VIDEO} -f mpegts`))});
  const hls = (url) => '#EXTM3U\\n#EXT-X-TARGETDURATION:1\\n#EXTINF:1,\\n' + url + '\\n#EXT-X-ENDLIST\\n';
  let origin = '';
  const hosts = new Set();
  const server = createServer({ key: readFileSync('${key}'), cert: readFileSync('${cert}') }, ({ url, headers }, response) => {
    hosts.add(headers.host);
    if (url === '/list.m3u8') response.end(hls('clip.ts'));
    else if (url === '/absolute.m3u8') response.end(hls(origin + '/clip.ts'));
    else if (url === '/other.m3u8') response.end(hls('https://localhost:1/clip.ts'));
    else if (url === '/moved.ts') response.writeHead(302, { location: origin + '/clip.ts' }).end();
    else if (url === '/locked.ts' && !headers.authorization) response.writeHead(401, { 'www-authenticate': 'Basic realm="a"' }).end();
    else response.end(ts);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = 'https://localhost:' + server.address().port;
  const results = {};
  for (const path of ['/clip.ts', '/moved.ts', '/list.m3u8', '/absolute.m3u8', '/other.m3u8', '/locked.ts']) {
    let frames = 0;
    const url = (path === '/locked.ts' ? origin.replace('//', '//me:secret@') : origin) + path;
    try {
      for await (const _ of decode(url)) frames++;
      results[path] = frames;
    } catch ({ code, message }) { results[path] = code + ': ' + message.replaceAll(origin, 'https://origin'); }
  }
  console.log(JSON.stringify({ results, hosts: [...hosts].map((host) => 'https://' + host === origin) }));
  process.exit(0);
`;

it.skipIf(!pair)(
  'reads from servers by TLS, and checks their certificates',
  async () => {
    const { key, cert } = pair ?? { key: '', cert: '' };
    const trusted = await freshProcess(script(key, cert), { env: { NODE_EXTRA_CA_CERTS: cert } });
    expect(JSON.parse(trusted.stdout), trusted.stderr).toEqual({
      results: {
        '/clip.ts': 5,
        '/moved.ts': 5,
        '/list.m3u8': 5,
        '/absolute.m3u8': 5,
        '/other.m3u8': expect.stringMatching(/^not-allowed: .*names https:\/\/localhost:1,/),
        '/locked.ts': 5,
      },
      hosts: [true],
    });
    const { results } = JSON.parse((await freshProcess(script(key, cert))).stdout) as {
      results: Record<string, string>;
    };
    for (const said of Object.values(results)) {
      expect(said).toMatch(/^unreadable: .*certificate.*NODE_EXTRA_CA_CERTS/);
      expect(said).not.toContain('secret');
    }
  },
  60_000,
);
