import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** How a server sends a file, and where it stops. */
export type Sending =
  /** With the length of the file. */
  | 'length'
  /** In chunks, and a last one. */
  | 'chunks'
  /** Until it closes the connection. */
  | 'close'
  | 'length, cut'
  | 'length, reset'
  | 'chunks, cut between two'
  | 'chunks, cut within one'
  | 'chunks, silent'
  | 'close, cut';

/** A server of plain sockets: an HTTP server would not let a response end wrongly in all of these ways. */
export class CutServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** How many requests came. */
  requests = 0;

  constructor(bytes: Uint8Array, sending: Sending, type = 'application/octet-stream') {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
      let head = '';
      socket.on('data', (data) => {
        head += String(data);
        if (!head.includes('\r\n\r\n')) return;
        head = '';
        this.requests++;
        answer(socket, bytes, sending, type);
      });
    });
  }

  /** The address of the file. */
  async listen(name: string): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${name}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function answer(socket: Socket, bytes: Uint8Array, sending: Sending, type: string): void {
  const sent = /cut|reset|silent/.test(sending) ? bytes.subarray(0, Math.round(bytes.length * 0.6)) : bytes;
  const head = (...lines: readonly string[]) =>
    socket.write(['HTTP/1.1 200 OK', `Content-Type: ${type}`, ...lines, '', ''].join('\r\n'));
  if (sending.startsWith('length')) {
    head(`Content-Length: ${bytes.length}`);
    socket.write(sent, () => {
      if (sending === 'length, reset') setTimeout(() => socket.resetAndDestroy(), 200);
      else socket.end();
    });
    return;
  }
  if (sending.startsWith('close')) {
    head('Connection: close');
    socket.end(sent);
    return;
  }
  head('Transfer-Encoding: chunked');
  for (let at = 0; at < sent.length; at += 4000) {
    const chunk = sent.subarray(at, at + 4000);
    socket.write(`${chunk.length.toString(16)}\r\n`);
    socket.write(chunk);
    socket.write('\r\n');
  }
  if (sending === 'chunks, silent') return;
  socket.end({ chunks: '0\r\n\r\n', 'chunks, cut within one': 'fa0\r\nabc' }[sending as string] ?? '');
}
