import { unzipSync } from 'fflate';
import { messageOf, WeightsError } from '../../errors/errors.ts';
import { openHdf5 } from '../hdf5/open-hdf5.ts';
import { MAX_JSON, MAX_LABELS, MAX_UNPACKED, MAX_WEIGHT_BYTES } from '../limits.ts';
import { parseObject, type TfjsModel } from '../tfjs/read-tfjs-model.ts';
import { readH5 } from './read-h5.ts';
import { readVariables } from './read-variables.ts';
import { teachableLabels, type TeachableLabels } from './teachable-labels.ts';
import { whatZipHolds } from './what-zip-holds.ts';

/**
 * @internal Reads a `.keras` file, the zip archive that `model.save('model.keras')` of Keras 3 writes, or the archive with a
 * `keras_model.h5` that Teachable Machine gives, as a layers model. Throws `WeightsError`.
 *
 * @see keras/src/saving/saving_lib.py
 */
export function readKerasArchive(
  file: string,
  bytes: Uint8Array,
): { readonly model: TfjsModel; readonly stated?: TeachableLabels | undefined } {
  const entries = unpacked(file, bytes);
  const h5 = entries.get('keras_model.h5');
  if (h5) return { model: readH5(`keras_model.h5 of ${file}`, h5), stated: teachableLabels(entries.get('labels.txt')) };
  const entry = (name: string) => {
    const found = entries.get(name);
    if (found) return found;
    throw new WeightsError(`${file} is a zip archive without ${name}, so it is not a model of Keras`);
  };
  const config = parseObject(`config.json of ${file}`, entry('config.json'));
  const metadata = entries.get('metadata.json');
  const version = metadata && parseObject(`metadata.json of ${file}`, metadata)['keras_version'];
  const root = openHdf5(`model.weights.h5 of ${file}`, entry('model.weights.h5'));
  return {
    model: {
      file,
      json: { modelTopology: { keras_version: version ?? '3', model_config: config } },
      weights: readVariables(file, root, config),
    },
  };
}

/** The entries that sluice reads, and the most bytes of each. */
const LIMITS: ReadonlyMap<string, number> = new Map([
  ['config.json', MAX_JSON],
  ['metadata.json', MAX_LABELS],
  ['model.weights.h5', MAX_WEIGHT_BYTES],
  ['keras_model.h5', MAX_WEIGHT_BYTES],
  ['labels.txt', MAX_LABELS],
]);

/** Unpacks the entries of a model. fflate unpacks only as many bytes as an entry says that it has. */
function unpacked(file: string, bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  let room = MAX_UNPACKED.times * bytes.length + MAX_UNPACKED.bytes;
  const seen = new Set<string>();
  /** The names of entries that sluice does not read, as a hint what the archive is. */
  const others: string[] = [];
  const refuse = (what: string) => new WeightsError(`${file}: its entry ${what}`);
  try {
    const entries = unzipSync(bytes, {
      filter({ name, originalSize }) {
        const most = LIMITS.get(name);
        if (most === undefined) {
          if (others.length < 1000) others.push(name.slice(-100));
          return false;
        }
        if (seen.has(name)) throw refuse(`${name} is there twice`);
        seen.add(name);
        room -= originalSize;
        if (originalSize <= most && room >= 0) return true;
        throw refuse(`${name} would have ${originalSize} bytes when it is unpacked, over the limit`);
      },
    });
    if (!seen.has('config.json') && !seen.has('keras_model.h5')) {
      throw new WeightsError(`${file} ${whatZipHolds(others)}`);
    }
    return new Map(Object.entries(entries));
  } catch (cause) {
    if (cause instanceof WeightsError) throw cause;
    throw new WeightsError(`${file} is a damaged zip archive: ${messageOf(cause)}`, { cause });
  }
}
