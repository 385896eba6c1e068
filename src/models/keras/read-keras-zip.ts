import { unzipSync } from 'fflate';
import { messageOf, WeightsError } from '../../errors/errors.ts';
import { openHdf5 } from '../hdf5/open-hdf5.ts';
import { MAX_JSON, MAX_LABELS, MAX_UNPACKED, MAX_WEIGHT_BYTES } from '../limits.ts';
import { parseObject, type TfjsModel } from '../tfjs/read-tfjs-model.ts';
import { readVariables } from './read-variables.ts';

/**
 * @internal Reads a `.keras` file, the zip archive that `model.save('model.keras')` of Keras 3 writes, as a layers model. Throws
 * `WeightsError`.
 *
 * @see keras/src/saving/saving_lib.py
 */
export function readKerasZip(file: string, bytes: Uint8Array): TfjsModel {
  const entries = unpacked(file, bytes);
  const entry = (name: string) => {
    const found = Object.hasOwn(entries, name) ? entries[name] : undefined;
    if (found) return found;
    throw new WeightsError(`${file} is a zip archive without ${name}, so it is not a model of Keras`);
  };
  const config = parseObject(`config.json of ${file}`, entry('config.json'));
  const metadata = Object.hasOwn(entries, 'metadata.json')
    ? parseObject(`metadata.json of ${file}`, entry('metadata.json'))
    : {};
  const version = metadata['keras_version'];
  const root = openHdf5(`model.weights.h5 of ${file}`, entry('model.weights.h5'));
  return {
    file,
    json: { modelTopology: { keras_version: version ?? '3', model_config: config } },
    weights: readVariables(file, root, config),
  };
}

/** The entries that sluice reads, and the most bytes of each. */
const LIMITS: ReadonlyMap<string, number> = new Map([
  ['config.json', MAX_JSON],
  ['metadata.json', MAX_LABELS],
  ['model.weights.h5', MAX_WEIGHT_BYTES],
]);

/** Unpacks the entries of a model. fflate unpacks only as many bytes as an entry says that it has. */
function unpacked(file: string, bytes: Uint8Array): Readonly<Record<string, Uint8Array>> {
  let room = MAX_UNPACKED.times * bytes.length + MAX_UNPACKED.bytes;
  const seen = new Set<string>();
  try {
    return unzipSync(bytes, {
      filter({ name, originalSize }) {
        const most = LIMITS.get(name);
        if (most === undefined) return false;
        if (seen.has(name)) throw new WeightsError(`${file} has two entries ${name}`);
        seen.add(name);
        room -= originalSize;
        if (originalSize <= most && room >= 0) return true;
        throw new WeightsError(`${file}: its entry ${name} would have ${originalSize} bytes, over the limit`);
      },
    });
  } catch (cause) {
    if (cause instanceof WeightsError) throw cause;
    throw new WeightsError(`${file} is a damaged zip archive: ${messageOf(cause)}`, { cause });
  }
}
