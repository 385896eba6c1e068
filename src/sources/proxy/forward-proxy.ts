import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, SourceError } from '../../errors/errors.ts';
import { beginsPlaylist, plainUrl, readPlaylist, withPlainUrls } from './playlist-urls.ts';
import { Reach, type ReachState } from './reach.ts';
import { askServer, OutOfReachError, whyUnasked } from './server-request.ts';

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Headers about one connection, which a proxy does not pass on. */
const OF_CONNECTION = /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/;

/**
 * A proxy in this process, through which one ffmpeg reads from servers. ffmpeg can ask nothing but this proxy, in plain `http:`.
 * The proxy decides what may be asked ({@link Reach}) at the address that it connects to, and speaks TLS. When this process dies,
 * so do its connections, and ffmpeg ends.
 */
export class ForwardProxy {
  readonly #name: string;
  readonly #reach: Reach;
  readonly #isPlaylist: boolean;
  readonly #server: Server;
  /** The URL of the source, and what it redirects to. */
  readonly #entries = new Set<string>();
  /** Hosts with ports that are asked by TLS. */
  readonly #secure = new Set<string>();
  #refused: () => void = () => undefined;
  /** Why ffmpeg was refused something. */
  refusal: SourceError | undefined;
  /** Why a server could not be asked. */
  problem: string | undefined;

  private constructor(name: string, state: ReachState) {
    this.#name = name;
    this.#reach = new Reach(state);
    this.#isPlaylist = state.playlist !== undefined;
    for (const origin of [state.origin, ...(state.redirects ?? [])]) this.#asked(new URL(origin));
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /** `name`: what the source is called in errors. */
  static async open(name: string, state: ReachState): Promise<ForwardProxy> {
    const proxy = new ForwardProxy(name, state);
    try {
      proxy.#server.listen(0, '127.0.0.1');
      await once(proxy.#server, 'listening');
    } catch (cause) {
      throw new SourceError('unreadable', `${name}: no proxy for ffmpeg could be opened: ${messageOf(cause)}`, {
        cause,
      });
    }
    return proxy;
  }

  /** The environment of an ffmpeg that reads through it. */
  get env(): NodeJS.ProcessEnv {
    const others = Object.entries(process.env).filter(([name]) => !/^(http|no)_proxy$/i.test(name));
    const { port } = this.#server.address() as AddressInfo;
    return { ...Object.fromEntries(others), http_proxy: `http://127.0.0.1:${port}` };
  }

  /** What is known by now of where the source leads. */
  get state(): ReachState {
    return this.#reach.state;
  }

  /** Calls back when it refuses something. */
  onRefusal(refused: () => void): void {
    this.#refused = refused;
    if (this.refusal) refused();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = this.#target(request.url ?? '');
      if (this.#entries.size === 0) this.#entries.add(url.href);
      if (!this.#reach.allows(url.origin)) {
        this.#refuse(
          response,
          `it is a playlist that names ${url.origin}, and only its own origin is read. If there is a playlist there, give its URL; for one that you trust, --allow-playlists (the option allowPlaylists) lifts this`,
        );
        return;
      }
      const answer = await this.#ask(url, request, response);
      await this.#pass(url, answer, response);
    } catch (error) {
      if (error instanceof OutOfReachError) {
        this.#refuse(
          response,
          `it leads to ${error.message}, an address nearer to this machine than its own: a server may not reach into your network. Give that URL itself if you trust it`,
        );
        return;
      }
      if (!response.destroyed) this.problem ??= whyUnasked(error);
      response.destroy();
    }
  }

  /** Asks a server, and ends that when ffmpeg has gone. */
  async #ask(url: URL, request: IncomingMessage, response: ServerResponse): Promise<IncomingMessage> {
    const kept = Object.entries(request.headers).filter(([name]) => !OF_CONNECTION.test(name));
    const headers = { ...Object.fromEntries(kept), host: url.host, connection: 'close' };
    const asked = askServer(url, { method: request.method ?? 'GET', headers }, this.#reach);
    response.on('close', () => asked.destroy()).on('error', () => undefined);
    // The first error is thrown below; after the answer, only its own end counts.
    asked.on('error', () => undefined);
    asked.end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.on('error', () => undefined);
    return answer;
  }

  async #pass(url: URL, answer: IncomingMessage, response: ServerResponse): Promise<void> {
    const { statusCode = 502, headers } = answer;
    response.statusCode = statusCode;
    for (let i = 0; i + 1 < answer.rawHeaders.length; i += 2) {
      const [name = '', value = ''] = answer.rawHeaders.slice(i, i + 2);
      if (!OF_CONNECTION.test(name.toLowerCase())) append(response, name, value);
    }
    if (REDIRECTS.has(statusCode) && headers.location !== undefined) {
      const to = this.#redirected(url, headers.location);
      if (to === undefined) {
        this.#refuse(response, `the server redirects to an address that is none of http: and https:`);
        return;
      }
      if (!this.#reach.allows(to.origin)) {
        this.#refuse(
          response,
          `it is a playlist, and a part of it redirects to ${to.origin}; only its own origin is read`,
        );
        return;
      }
      response.setHeader('location', this.#asked(to));
    }
    if (this.#isPlaylist && statusCode < 300 && (await this.#passPlaylist(answer, response))) return;
    // Else nothing would tell ffmpeg where the stream ends but the end of the connection.
    if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) {
      response.useChunkedEncodingByDefault = false;
      response.shouldKeepAlive = false;
    }
    this.#passBytes(answer, response);
  }

  /** Passes a playlist on, with its URLs as ffmpeg may ask for them. False if it is none. */
  async #passPlaylist(answer: IncomingMessage, response: ServerResponse): Promise<boolean> {
    await Promise.race([once(answer, 'readable'), once(answer, 'end')]);
    const head = answer.read() as Buffer | null;
    if (head === null) {
      if (answer.readableEnded) response.end();
      return answer.readableEnded;
    }
    answer.unshift(head);
    if (!beginsPlaylist(head)) return false;
    const text = await readPlaylist(answer);
    if (text === undefined) throw new Error('the playlist is too long');
    const bytes = Buffer.from(
      withPlainUrls(text, (host) => this.#secure.add(host)),
      'latin1',
    );
    response.removeHeader('content-range');
    response.statusCode = 200;
    response.setHeader('content-length', bytes.length);
    response.end(bytes);
    return true;
  }

  /** Passes on what comes, and how it ends. */
  #passBytes(answer: IncomingMessage, response: ServerResponse): void {
    let isReset = false;
    answer.socket.on('error', () => (isReset = true));
    const cut = (): void => {
      const { socket } = response;
      // After what came: a reset is an error to every ffmpeg, a mere end is not.
      if (isReset) socket?.write('', () => socket.resetAndDestroy());
      else socket?.end();
    };
    if (answer.errored) cut();
    answer.on('error', cut);
    answer.pipe(response);
  }

  /** The URL that ffmpeg asks for. */
  #target(asked: string): URL {
    const url = new URL(asked);
    if (url.protocol !== 'http:') throw new Error(`${url.protocol} is not asked for`);
    const { hostname, port, pathname, search } = url;
    // `//example.org/a.ts` in a playlist that came by TLS.
    const isSame = port === '' && !this.#reach.allows(url.origin) && this.#secure.has(`${hostname}:443`);
    if (isSame) return new URL(`https://${hostname}${pathname}${search}`);
    const at = `${hostname}:${port || '80'}`;
    return this.#secure.has(at) ? new URL(`https://${at}${pathname}${search}`) : url;
  }

  /** How ffmpeg asks for a URL. */
  #asked(url: URL): string {
    const key = `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
    if (url.protocol === 'https:') this.#secure.add(key);
    else this.#secure.delete(key);
    return plainUrl(url);
  }

  #redirected(from: URL, location: string): URL | undefined {
    const to = URL.canParse(location, from) ? new URL(location, from) : undefined;
    if (to === undefined || !/^https?:$/.test(to.protocol)) return undefined;
    if (this.#entries.has(from.href)) {
      this.#entries.add(to.href);
      this.#reach.redirected(to.origin);
    }
    return to;
  }

  #refuse(response: ServerResponse, why: string): void {
    this.refusal ??= new SourceError('not-allowed', `${this.#name}: ${why}`);
    response.destroy();
    this.#refused();
  }
}

/** Adds a header; what HTTP does not allow in one is left out. */
function append(response: ServerResponse, name: string, value: string): void {
  try {
    response.appendHeader(name, value);
  } catch {
    // ffmpeg does without.
  }
}
