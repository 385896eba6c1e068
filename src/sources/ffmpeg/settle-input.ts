import { randomUUID } from 'node:crypto';
import { asPicture, type MediaInput } from './input.ts';
import { parseInfo } from './parse-info.ts';
import { sniffPicture } from './sniff-picture.ts';
import type { RemoteBytes } from './remote-bytes.ts';

/** How ffmpeg is asked about an input. */
export interface Asking {
  /** What `ffmpeg -i` prints, with this between the fields of a stream; and the input as it was opened for that. */
  readonly describe: (input: MediaInput, separator: string) => Promise<Description>;
  /** Opens the bytes of a URL. */
  readonly fetch: (input: MediaInput) => Promise<RemoteBytes>;
}

/** What ffmpeg says of an input. */
export interface Description {
  readonly input: MediaInput;
  readonly text: string;
}

/** What {@link parseInfo} makes of a description. */
type Described = ReturnType<typeof parseInfo>;

/** An input as it will be decoded, with its description. */
export interface SettledInput extends Description {
  readonly parsed: Described;
}

/**
 * Describes an input, and finds how it has to be opened: a name with `%03d` is no pattern, and a picture from a URL is
 * recognized by its bytes, as one on disk is.
 */
export async function settleInput(given: MediaInput, asking: Asking): Promise<SettledInput> {
  const settled = await ask(given, asking);
  const named = (await askByName(settled, asking)) ?? settled;
  return (await askAsPicture(named, asking)) ?? named;
}

async function ask(asked: MediaInput, { describe }: Asking): Promise<SettledInput> {
  const separator = ` <${randomUUID()}> `;
  const { input, text } = await describe(asked, separator);
  return { input, text, parsed: parseInfo(text, separator) };
}

/** ffmpeg's `image2` reads names of pictures as patterns (`%03d`, `%20d` in a URL, `%*`), unless an option forbids it. */
async function askByName({ input, parsed }: SettledInput, asking: Asking): Promise<SettledInput | undefined> {
  const isRead = parsed !== 'not-media' && parsed.some(({ container }) => container !== 'image2');
  const location = input.args.at(-1) ?? '';
  if (isRead || input.args.includes('-f') || !location.includes('%')) return undefined;
  const args = input.remote
    ? [...input.args.slice(0, -1), withoutPattern(location)]
    : ['-f', 'image2', '-pattern_type', 'none', ...input.args];
  const named = await ask({ ...input, args }, asking);
  // What was found by the pattern is another picture, also if this one cannot be read.
  const isOther = parsed !== 'not-media' && parsed.length > 0;
  return isOther || (named.parsed !== 'not-media' && named.parsed.length > 0) ? named : undefined;
}

/** The same URL without `%…d`: a `d` may be written as `%64`, and the digits of an escape in capitals. */
function withoutPattern(url: string): string {
  return url.replace(/%(\d*)d/g, (_, digits: string) => (digits.length < 2 ? `%${digits}D` : `%${digits}%64`));
}

async function askAsPicture({ input, parsed }: SettledInput, asking: Asking): Promise<SettledInput | undefined> {
  // Of a TIFF that it cannot decode, ffmpeg may find no picture at all.
  const mayBePicture = parsed !== 'not-media' && parsed.every(({ still }) => still);
  if (!mayBePicture || !input.remote) return undefined;
  const bytes = await asking.fetch(input);
  try {
    const picture = await sniffPicture(input.name, (position, length) => bytes.read(position, length));
    return picture && (await ask(asPicture(input, picture), asking));
  } finally {
    bytes.close();
  }
}
