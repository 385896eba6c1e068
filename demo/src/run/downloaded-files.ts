import { SourceError } from 'sluice';
import { fetchAll, type Progress } from './fetch-all.ts';

/** A file of a model, as the list beside it names it. */
interface Listed {
  readonly file: string;
  readonly bytes: number;
}

/** Fetches the files of a model that the page has in `models/<name>/`. Throws a `SourceError` (code `download`). */
export async function downloadedFiles(
  name: string,
  told: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<File[]> {
  const folder = new URL(`models/${name}/`, location.href);
  const list = await listIn(folder, name, signal);
  const whole = list.reduce((sum, { bytes }) => sum + bytes, 0);
  const files: File[] = [];
  let before = 0;
  for (const { file, bytes } of list) {
    const content = await fetchAll(
      new URL(file, folder),
      ({ loaded }) => told({ loaded: before + loaded, whole }),
      signal,
    );
    files.push(new File([content], file));
    before += bytes;
  }
  return files;
}

async function listIn(folder: URL, name: string, signal: AbortSignal): Promise<readonly Listed[]> {
  const bytes = await fetchAll(new URL('files.json', folder), () => undefined, signal);
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as readonly Listed[];
  } catch (cause) {
    // Some servers answer with a page in place of a file that they do not have.
    throw new SourceError('download', `the server does not have the files of ${name}`, { cause });
  }
}
