import { messageOf, WeightsError } from '../../errors/errors.ts';
import { preprocess, type PreprocessOptions } from '../../preprocess/preprocess.ts';
import { checkLabels } from '../labels.ts';
import { parseJson } from '../parse-json.ts';

/** @internal What an ONNX file that sluice has written states besides the network. */
export interface StatedInMetadata {
  readonly labels?: readonly string[];
  readonly preprocess?: PreprocessOptions;
}

/** @internal Reads what `sluice export` writes into the metadata of a file. Throws `WeightsError`. */
export function statedInMetadata(file: string, metadata: ReadonlyMap<string, string>): StatedInMetadata {
  const json = (key: string): unknown => {
    const text = metadata.get(key);
    if (text === undefined) return undefined;
    return parseJson(new TextEncoder().encode(text), (what, cause) => {
      return new WeightsError(`${file}: its metadata ${key} ${what}`, { cause });
    });
  };
  const [labels, prepare] = [json('labels'), json('preprocess')];
  return {
    ...(labels === undefined ? {} : { labels: checkLabels(labels, `the metadata labels of ${file}`) }),
    ...(prepare === undefined ? {} : { preprocess: checked(file, prepare) }),
  };
}

function checked(file: string, given: unknown): PreprocessOptions {
  const options = given as PreprocessOptions;
  try {
    preprocess(options);
    return options;
  } catch (cause) {
    throw new WeightsError(`${file}: its metadata preprocess is wrong: ${messageOf(cause)}`, { cause });
  }
}
