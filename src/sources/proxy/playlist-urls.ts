import type { IncomingMessage } from 'node:http';

/** Of a playlist in memory. */
const MOST_BYTES = 16 * 1024 * 1024;

/** A URL that ffmpeg asks this process for: `http:` always, since the proxy is what speaks TLS. */
export function plainUrl({ username, password, protocol, hostname, port, pathname, search }: URL): string {
  const user = username === '' && password === '' ? '' : `${username}${password === '' ? '' : `:${password}`}@`;
  const shown = port === '' && protocol === 'https:' ? '443' : port;
  return `http://${user}${hostname}${shown === '' ? '' : `:${shown}`}${pathname}${search}`;
}

/** Gives every `https:` URL of a playlist as ffmpeg asks for it, and tells of their hosts (`example.org:443`). */
export function withPlainUrls(text: string, onSecure: (host: string) => void): string {
  return text.replace(/https:\/\/([^/?#\s"'<>]+)/gi, (_, authority: string) => {
    const host = /:\d+$/.test(authority) ? authority : `${authority}:443`;
    onSecure(host.replace(/^.*@/, '').toLowerCase());
    return `http://${host}`;
  });
}

/** Whether bytes are the beginning of an HLS playlist or a DASH manifest. */
export function beginsPlaylist(bytes: Buffer): boolean {
  return /^(\xef\xbb\xbf)?\s*(#EXTM3U|<\?xml|<MPD)/.test(bytes.toString('latin1', 0, 100));
}

/** Reads a playlist, one character a byte; undefined if it is too long. */
export async function readPlaylist(answer: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('latin1');
}
