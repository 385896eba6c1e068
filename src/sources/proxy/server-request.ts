import { lookup, type LookupAddress } from 'node:dns';
import { request as requestPlain, type ClientRequest, type OutgoingHttpHeaders, type RequestOptions } from 'node:http';
import { request as requestSecure } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { codeOf } from '../../errors/code-of.ts';
import { messageOf } from '../../errors/errors.ts';
import type { Reach } from './reach.ts';
import { proxyAuthorization, upstreamProxy } from './upstream-proxy.ts';

/** A host has no address that may be reached. */
export class OutOfReachError extends Error {}

/** What is asked of a server. */
export interface Asked {
  readonly method: string;
  readonly headers: OutgoingHttpHeaders;
}

/**
 * Asks a server for a URL, at no address but those within reach. Throws {@link OutOfReachError} if its address is not, or gives it
 * as the error of the request if its name leads nowhere else.
 */
export function askServer(url: URL, { method, headers }: Asked, reach: Reach): ClientRequest {
  const { origin } = url;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const upstream = upstreamProxy(host);
  const literal = isIP(host) > 0 ? host : /(^|\.)localhost\.?$/.test(host) ? '127.0.0.1' : undefined;
  if (literal !== undefined && !reach.admits(origin, literal)) throw new OutOfReachError(host);
  // Cameras and other small servers do not always write proper headers.
  const how: RequestOptions = { method, headers, agent: false, setHost: false, insecureHTTPParser: true };
  if (upstream !== undefined)
    return askUpstream(url, upstream, how, () => reach.reached(origin, literal ?? '192.0.2.1'));
  const within: LookupFunction = (name, options, done) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      const admitted = (found ?? []).filter(({ address }) => reach.admits(origin, address));
      const [first] = admitted;
      const failure = error ?? (first ? null : new OutOfReachError(host));
      if (options.all) done(failure, admitted satisfies LookupAddress[]);
      else done(failure, first?.address ?? '', first?.family);
    });
  };
  const request = (url.protocol === 'https:' ? requestSecure : requestPlain)(url, { ...how, lookup: within });
  request.on('socket', (socket: Socket) => {
    socket.on('connect', () => reach.reached(origin, socket.remoteAddress ?? ''));
  });
  return request;
}

/** Asks another proxy, which finds the address. */
function askUpstream(url: URL, proxy: URL, how: RequestOptions, onReached: () => void): ClientRequest {
  const at = { host: proxy.hostname, port: proxy.port || 80, agent: false } as const;
  const authorization = proxyAuthorization(proxy);
  onReached();
  if (url.protocol === 'http:') {
    return requestPlain({ ...how, ...at, path: url.href, headers: { ...(how.headers as object), ...authorization } });
  }
  const servername = isIP(url.hostname) > 0 ? '' : url.hostname;
  const port = url.port || '443';
  return requestSecure(url, {
    ...how,
    createConnection: (_options, done) => {
      const tunnel = requestPlain({
        ...at,
        method: 'CONNECT',
        path: `${url.hostname}:${port}`,
        headers: authorization,
      });
      tunnel.on('connect', ({ statusCode }, socket) => {
        if (statusCode === 200) {
          done(null, connect({ socket, servername }));
          return;
        }
        socket.destroy();
        done(new Error(`the proxy ${proxy.host} answered ${statusCode}`), undefined as never);
      });
      tunnel.on('error', (error) => done(error, undefined as never));
      tunnel.end();
      return undefined;
    },
  });
}

/** Why a server could not be asked, for messages. */
export function whyUnasked(error: unknown): string {
  const code = String(codeOf(error));
  if (code === 'ECONNREFUSED') return 'the server refused the connection';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the name of the server cannot be resolved';
  if (code === 'ECONNRESET') return 'the server ended the connection';
  if (/CERT|SELF_SIGNED|ISSUER|UNABLE_TO_VERIFY/.test(code)) {
    return `the certificate of the server is not valid: ${messageOf(error)}. Certificates of your own go into NODE_EXTRA_CA_CERTS`;
  }
  return `the server cannot be reached: ${messageOf(error)}`;
}
