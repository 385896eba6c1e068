import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { request, type ClientRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { transformWithOxc } from 'vite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

// The server of docs/server.md, in a process of its own, with clients that do not behave.

const guide = readFileSync('docs/server.md', 'utf8');
const [code = ''] = (/```ts\n(import \{ createServer[\s\S]*?)```/.exec(guide)?.[1] ?? '').split('// Try it');
const PHOTO = path.resolve('test/data/squirrel_cls.jpg');

let child: ChildProcess;
let port = 0;
let folder = '';
let photo: Buffer;
let stderr = '';

beforeAll(async () => {
  photo = await readFile(PHOTO);
  folder = await mkdtemp(path.join(tmpdir(), 'server-'));
  const more = `
    process.on('message', (of) => process.send({ of, waiting, rss: process.memoryUsage.rss() / 2 ** 20 }));
    process.send({ port: server.address().port });`;
  // So many waiting requests are made faster with less of everything.
  const small = code
    .replace('AT_ONCE = 4', 'AT_ONCE = 2')
    .replace('WAITING = 100', 'WAITING = 5')
    .replace('30_000', '8000');
  expect(small).not.toBe(code);
  const { code: script } = await transformWithOxc(small + more, 'server.ts');
  child = spawn(process.execPath, ['-e', script], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  child.stderr?.on('data', (text: Buffer) => (stderr += String(text)));
  port = await new Promise((resolve, reject) => {
    child.once('message', (message: { port: number }) => resolve(message.port));
    child.once('exit', () => reject(new Error(stderr)));
  });
});
afterAll(() => {
  child.kill();
});

const state = () =>
  new Promise<{ waiting: number; rss: number }>((resolve) => {
    const of = Math.random();
    const listen = (message: { of?: number; waiting: number; rss: number }) => {
      if (message.of !== of) return;
      child.off('message', listen);
      resolve(message);
    };
    child.on('message', listen);
    child.send(of);
  });

const post = (body: Uint8Array, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: body as Uint8Array<ArrayBuffer>, ...init });

/** A request whose body is sent by hand. */
function open(headers: Record<string, string | number> = {}): {
  readonly sent: ClientRequest;
  readonly status: Promise<number | undefined>;
} {
  const sent = request({ port, host: '127.0.0.1', method: 'POST', headers });
  const status = new Promise<number | undefined>((resolve) => {
    sent.on('response', (response) => resolve(response.resume().statusCode));
    sent.on('error', () => resolve(undefined));
  });
  return { sent, status };
}

const left = async () => (await readdir(folder)).filter((name) => name.startsWith('sluice-picture-'));

/** The server answers a good picture, and has nothing left of the others. */
async function stillWell(): Promise<void> {
  await vi.waitFor(
    async () => {
      const response = await post(photo);
      expect(response.status).toBe(200);
      expect(((await response.json()) as { classes: { index: number }[] }).classes[0]?.index).toBe(336);
      expect(await left()).toEqual([]);
      expect((await state()).waiting).toBe(0);
    },
    { timeout: 60_000, interval: 200 },
  );
  expect(stderr).toBe('');
}

describe('the server of the guide', () => {
  it('is in the guide', () => expect(code.length).toBeGreaterThan(1000));

  it('answers a picture with its classes', stillWell);

  it('refuses what is no picture, no POST, and too large', async () => {
    const answers = await Promise.all([
      post(Buffer.from('hello')),
      post(Buffer.alloc(0)),
      fetch(`http://127.0.0.1:${port}`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([415, 415, 405]);
    for (const answer of answers) expect(await answer.json()).toEqual({ error: expect.any(String) });
    const declared = open({ 'content-length': 10_000_001 });
    declared.sent.write('x');
    expect(await declared.status).toBe(413);
    declared.sent.destroy();
    await stillWell();
  });

  it('refuses a picture that grows too large while it comes, and does not keep it', async () => {
    const before = (await state()).rss;
    const { sent, status } = open({ 'transfer-encoding': 'chunked' });
    const chunk = Buffer.alloc(1 << 20, 255);
    for (let megabytes = 0; megabytes < 64 && !sent.destroyed; megabytes++) {
      const more = sent.write(chunk);
      if (!more) await Promise.race([new Promise((next) => sent.once('drain', next)), status]);
    }
    // The refusal, or a connection that was closed before the client read it.
    expect([413, undefined]).toContain(await status);
    sent.destroy();
    expect((await state()).rss - before).toBeLessThan(50);
    await stillWell();
  });

  it('says that it is busy when too many wait, reads none of them, and forgets clients that go away', async () => {
    // Two that have their turn and never send all; five that wait; the others are refused.
    const slow = Array.from({ length: 2 }, () => open({ 'content-length': 1000 }));
    for (const { sent } of slow) sent.write('\xff');
    await vi.waitFor(async () => expect((await state()).waiting).toBe(0), { timeout: 6000 });
    const waiting = Array.from({ length: 5 }, () => open({ 'content-length': photo.length }));
    for (const { sent } of waiting) sent.write(photo.subarray(0, 100));
    await vi.waitFor(async () => expect((await state()).waiting).toBe(5), { timeout: 6000 });
    expect((await post(photo)).status).toBe(503);
    for (const { sent } of [...waiting, ...slow]) sent.destroy();
    await stillWell();
  });

  it('does not wait for ever for a client that sends nothing more', async () => {
    const { sent, status } = open({ 'content-length': 1000 });
    sent.write('\xff');
    expect([408, undefined]).toContain(await status);
    sent.destroy();
    await stillWell();
  });

  it('stands clients that go away at any moment, also in the middle of a header', async () => {
    const waits = Array.from({ length: 20 }, (_, i) => i * 10);
    await Promise.all(
      waits.map(async (wait) => {
        const stop = new AbortController();
        const answer = post(photo, { signal: stop.signal }).catch(() => undefined);
        await new Promise((next) => setTimeout(next, wait));
        stop.abort();
        await answer;
      }),
    );
    const raw = connect(port, '127.0.0.1');
    raw.on('error', () => undefined);
    raw.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-le');
    await new Promise((next) => setTimeout(next, 20));
    raw.destroy();
    await stillWell();
  });
});
