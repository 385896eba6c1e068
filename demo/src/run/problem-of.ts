import { SluiceError, type ErrorCode } from 'sluice';

/** An error as the page shows it. */
export interface Problem {
  readonly title: string;
  readonly text: string;
}

const TITLES: Readonly<Partial<Record<ErrorCode, string>>> = {
  permission: 'The camera is not allowed',
  'not-found': 'Not found',
  'in-use': 'The camera is in use',
  overconstrained: 'No camera fits these settings',
  insecure: 'This page may not use the camera',
  unplugged: 'The camera was disconnected',
  ended: 'The camera was stopped',
  'not-a-video': 'Not a video',
  'no-video-stream': 'The file has no video',
  codec: 'This browser can’t decode the format',
  damaged: 'The file is damaged',
  weights: 'The model can’t be loaded',
  option: 'These settings do not work together',
  engine: 'This engine does not work here',
  shape: 'The model does not accept this input',
};

/** Describes any error: what happened, and what the user can do. */
export function problemOf(thrown: unknown): Problem {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = thrown instanceof SluiceError ? thrown.code : undefined;
  const text = message.endsWith('.') ? message : `${message}.`;
  const advice = code === 'engine' ? ' Choose the engine “auto”, which uses one that works.' : '';
  return { title: (code && TITLES[code]) ?? 'Something went wrong', text: text + advice };
}
