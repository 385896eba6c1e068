import type { ForwardProxy } from '../proxy/forward-proxy.ts';
import { startChild } from './children.ts';
import type { MediaInput } from './input.ts';
import type { Ffmpeg } from './locate.ts';
import { openProxy } from './remote-input.ts';

const TIMEOUT_MS = 10_000;
const MOST = 256 * 1024;

/** How a server says where a stream ends: by its length, by a last chunk, or only by closing the connection. */
export type StatedLength = 'length' | 'chunks' | 'close' | 'no-answer';

/** Asks a server how it says where a stream ends. ffmpeg asks, so that proxies and redirects work as in decoding. */
export async function statedLength({ path }: Pick<Ffmpeg, 'path'>, input: MediaInput): Promise<StatedLength> {
  const text = await headersOf(path, input.args, await openProxy(input));
  // After redirects, the last answer counts.
  const last = text.slice(Math.max(0, text.lastIndexOf("header='HTTP/")));
  if (!/header='HTTP\/[\d.]+ 2/.test(last)) return 'no-answer';
  if (/header='Transfer-Encoding: *chunked/i.test(last)) return 'chunks';
  return /header='Content-(Length|Range):/i.test(last) ? 'length' : 'close';
}

/** What ffmpeg logs until the headers of the answer are complete. */
function headersOf(file: string, args: readonly string[], proxy: ForwardProxy | undefined): Promise<string> {
  const nothing = ['-map', '0', '-c', 'copy', '-frames:d', '1', '-f', 'null', '-'];
  const general = ['-hide_banner', '-nostdin', '-v', 'trace', '-f', 'data'];
  const child = startChild(file, [...general, ...args, ...nothing], 3, { proxy });
  return new Promise((resolve) => {
    let text = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
    const settle = (): void => {
      clearTimeout(timer);
      resolve(text);
    };
    child.stdout?.resume();
    child.stderr?.setEncoding('latin1').on('data', (piece: string) => {
      if (text.length < MOST) text += piece;
      if (/header='HTTP\/[\d.]+ 2[\s\S]*header=''/.test(text)) child.kill('SIGKILL');
    });
    child.once('error', settle);
    child.once('close', settle);
  });
}
