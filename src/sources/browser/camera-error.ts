import type { ErrorCode } from '../../errors/error-code.ts';
import { messageOf, SourceError } from '../../errors/errors.ts';

/** The browser's name of an error → its code here, and a message with what to do. */
const KNOWN: Readonly<Record<string, readonly [code: ErrorCode, what: string]>> = {
  NotAllowedError: ['permission', 'the page may not use the camera: allow it in the address bar, and try again'],
  SecurityError: ['permission', 'the page may not use the camera: the page or the browser forbids it'],
  NotFoundError: ['not-found', 'there is no camera: connect one, and try again'],
  NotReadableError: ['in-use', "the camera can't be read: another program may be using it; close that, and try again"],
  AbortError: ['in-use', 'the camera did not start: disconnect and connect it, and try again'],
};

/** @internal The error of a camera whose track has ended. */
export async function cameraGone(track: MediaStreamTrack): Promise<SourceError> {
  const { deviceId } = track.getSettings();
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  // Without permission the ids are empty.
  const ids = devices.map((device) => device.deviceId).filter((id) => id !== '');
  if (ids.length > 0 && deviceId && !ids.includes(deviceId)) {
    return new SourceError('unplugged', 'the camera was unplugged: connect it, and try again');
  }
  if (await isRevoked()) {
    return new SourceError(
      'permission',
      'the permission to use the camera was revoked: allow it in the address bar, and try again',
    );
  }
  return new SourceError('ended', 'the camera stopped: the browser or the system ended it; try again');
}

/** Whether the permission was revoked. Not every browser can tell. */
async function isRevoked(): Promise<boolean> {
  try {
    const { state } = await navigator.permissions.query({ name: 'camera' });
    return state !== 'granted';
  } catch {
    return false;
  }
}

/** @internal The `SourceError` for an error of `getUserMedia`. */
export function cameraError(cause: unknown): SourceError {
  const { name = '' } = (cause ?? {}) as Partial<Error>;
  if (name === 'OverconstrainedError') {
    const { constraint } = cause as { readonly constraint?: string };
    const what = constraint ? `${constraint} that was asked for` : 'properties that were asked for';
    return new SourceError('overconstrained', `no camera here has the ${what}: ask for another, or for none`, {
      cause,
    });
  }
  const [code, what] = KNOWN[name] ?? (['camera', `the camera did not start: ${messageOf(cause)}`] as const);
  return new SourceError(code, what, { cause });
}
