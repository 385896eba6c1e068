import { SluiceError } from 'sluice';

/** An error as the page shows it. */
export interface Problem {
  readonly title: string;
  readonly text: string;
  readonly code: string;
}

const TITLES: Readonly<Record<string, string>> = {
  permission: 'The camera is not allowed',
  'not-found': 'Not found',
  'in-use': 'The camera is in use',
  overconstrained: 'No camera fits these settings',
  insecure: 'This page may not use the camera',
  ended: 'The camera was disconnected',
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
  const code = thrown instanceof SluiceError ? thrown.code : '';
  const text = message.endsWith('.') ? message : `${message}.`;
  const advice = code === 'engine' ? ' Choose the engine “auto”, which uses one that works.' : '';
  return {
    title: TITLES[code] ?? 'Something went wrong',
    text: text + advice,
    code,
  };
}
