import { SluiceError } from 'sluice';

/** What went wrong, for people. */
export interface Problem {
  readonly title: string;
  readonly text: string;
  readonly code: string;
}

const TITLES: Readonly<Record<string, string>> = {
  permission: 'The camera is not allowed',
  'not-found': 'Nothing there',
  'in-use': 'The camera is busy',
  overconstrained: 'No such camera',
  insecure: 'No camera on this page',
  ended: 'The camera has gone',
  'not-a-video': 'Not a video',
  'no-video-stream': 'No picture in it',
  codec: 'This browser does not know that format',
  damaged: 'The file is damaged',
  weights: 'The model does not fit',
  option: 'That does not go together',
  engine: 'This engine does not work here',
  shape: 'The model does not take that',
};

/** Any failure in words: what it was, and what can be done. */
export function problemOf(thrown: unknown): Problem {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = thrown instanceof SluiceError ? thrown.code : '';
  const text = message.endsWith('.') ? message : `${message}.`;
  const advice = code === 'engine' ? ' Choose the engine “auto”, which takes one that works.' : '';
  return {
    title: TITLES[code] ?? 'Something went wrong',
    text: text + advice,
    code,
  };
}
