import { messageOf, SourceError } from '../../errors.ts';

/** What browsers call it, our code for it, and what to do. */
const KNOWN: Readonly<Record<string, readonly [code: string, what: string]>> = {
  NotAllowedError: ['permission', 'the page may not use the camera: allow it in the address bar, and try again'],
  SecurityError: ['permission', 'the page may not use the camera: the page or the browser forbids it'],
  NotFoundError: ['not-found', 'there is no camera: connect one, and try again'],
  NotReadableError: ['in-use', "the camera can't be read: another program may be using it; close that, and try again"],
  AbortError: ['in-use', 'the camera did not start: disconnect and connect it, and try again'],
};

/** @internal What went wrong with a camera, as a `SourceError` whose `code` can be told apart. */
export function cameraError(cause: unknown): SourceError {
  const name = cause instanceof DOMException || cause instanceof Error ? cause.name : '';
  if (name === 'OverconstrainedError') {
    const { constraint } = cause as { readonly constraint?: string };
    const what = constraint ? `${constraint} that was asked for` : 'what was asked for';
    return new SourceError('overconstrained', `no camera here has the ${what}: ask for another, or for none`, {
      cause,
    });
  }
  const [code, what] = KNOWN[name] ?? ['camera', `the camera does not start: ${messageOf(cause)}`];
  return new SourceError(code, what, { cause });
}
