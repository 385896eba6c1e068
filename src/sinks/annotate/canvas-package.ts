import { messageOf, SluiceError } from '../../errors/errors.ts';

/** Loads `@napi-rs/canvas`, an optional peer dependency. `what` needs it. Throws `SluiceError` (`output`) if it is missing. */
export async function canvasPackage(what: string) {
  try {
    return await import('@napi-rs/canvas');
  } catch (cause) {
    throw new SluiceError(
      'output',
      `${what} needs @napi-rs/canvas, which could not be loaded: npm install @napi-rs/canvas (${messageOf(cause)})`,
      { cause },
    );
  }
}
