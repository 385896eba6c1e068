import { messageOf, WeightsError } from '../../errors/errors.ts';

/** The database and the store of tfjs-core. */
const DATABASE = 'tensorflowjs';
const STORE = 'models_store';

/** @internal Reads the record of a model that TensorFlow.js saved. Throws `WeightsError` if there is none. */
export async function indexedDbModel(file: string, name: string): Promise<Readonly<Record<string, unknown>>> {
  if (typeof indexedDB === 'undefined') {
    throw new WeightsError(`cannot read ${file}: IndexedDB is available only in browsers`);
  }
  let record: unknown;
  try {
    record = await readRecord(name);
  } catch (cause) {
    throw new WeightsError(`cannot read ${file}: ${messageOf(cause)}`, { cause });
  }
  const artifacts = (record as { modelArtifacts?: unknown } | undefined)?.modelArtifacts;
  if (typeof artifacts === 'object' && artifacts !== null) return artifacts as Record<string, unknown>;
  throw new WeightsError(`there is no ${file}: save it with model.save('${file}') first`);
}

function readRecord(name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE);
    // Opening a database that does not exist would create it, so the upgrade is aborted.
    opening.addEventListener('upgradeneeded', () => opening.transaction?.abort());
    opening.addEventListener('error', () => {
      if (opening.error?.name === 'AbortError') resolve(undefined);
      else reject(opening.error ?? new Error('the database can’t be opened'));
    });
    opening.addEventListener('success', () => {
      const database = opening.result;
      if (!database.objectStoreNames.contains(STORE)) {
        database.close();
        resolve(undefined);
        return;
      }
      const asking = database.transaction(STORE, 'readonly').objectStore(STORE).get(name);
      asking.addEventListener('error', () => {
        database.close();
        reject(asking.error ?? new Error('the record can’t be read'));
      });
      asking.addEventListener('success', () => {
        database.close();
        resolve(asking.result);
      });
    });
  });
}
