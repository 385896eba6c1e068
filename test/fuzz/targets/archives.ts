import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { pullModel } from 'sluice/node';
import { create } from 'tar';
import { Finding, type FuzzTarget } from '../target.ts';

/** Archives of models. They are changed before they are compressed, since gzip would notice every change. */
export const archives: FuzzTarget = {
  async seeds() {
    const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
    mkdirSync(path.join(folder, 'package/model/more'), { recursive: true });
    writeFileSync(path.join(folder, 'package/model/model.json'), '{}');
    writeFileSync(path.join(folder, 'package/model/more/w.bin'), new Uint8Array(2000));
    const file = path.join(folder, 'a.tar');
    await create({ file, cwd: folder, portable: true }, ['package']);
    const plain = readFileSync(file);
    rmSync(folder, { recursive: true });
    const renamed = (to: string): Uint8Array => {
      const copy = Uint8Array.from(plain);
      const at = plain.indexOf('package/model/model.json');
      copy.fill(0, at, at + 100);
      copy.set(new TextEncoder().encode(to), at);
      return withChecksum(copy, at);
    };
    return [
      ...[plain, renamed('package/model/../../../../outside'), renamed('/outside'), renamed('package/model/C:/x')],
    ].map((bytes) => ({ 'archive.tar': bytes }));
  },
  async read(input, { folder }) {
    const bytes = gzipSync(input['archive.tar'] ?? new Uint8Array(), { level: 1 });
    const server = createServer((_request, response) => response.end(bytes)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const model = {
      ...{ name: 'demo', title: '', licence: '', folder: 'package/model', bytes: bytes.length },
      ...{ source: { url: `http://127.0.0.1:${port}/a.tgz` } },
      sha256: createHash('sha256').update(bytes).digest('hex'),
    };
    const cache = path.join(folder, 'cache');
    const refusal = await pullModel('demo', { cache, models: [model] }).then(
      () => undefined,
      (error: unknown) => error,
    );
    server.close();
    server.closeAllConnections();
    const left = readdirSync(path.join(cache, 'models')).filter((name) => name.startsWith('.'));
    if (left.length > 0) throw new Finding(`it left ${left.join(', ')}`);
    if (refusal !== undefined) throw refusal;
  },
};

/** Makes the header at `at` valid again. */
function withChecksum(tar: Uint8Array, at: number): Uint8Array {
  tar.fill(0x20, at + 148, at + 156);
  const sum = tar.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
  tar.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), at + 148);
  return tar;
}
