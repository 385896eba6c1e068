import { SluiceError, type ErrorCode } from 'sluice';
import { plainWords } from './plain-words.ts';

/** An error as the page shows it. */
export interface Problem {
  readonly title: string;
  readonly text: string;
  /** What can be done about it at once: try again, or reload the page. Undefined if the same would happen again. */
  readonly remedy: 'retry' | 'reload' | undefined;
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
  'no-frames': 'Nothing in it can be shown',
  codec: 'This browser can’t decode the format',
  damaged: 'The file is damaged',
  download: 'The model can’t be loaded',
  weights: 'The model can’t be loaded',
  option: 'These settings do not work together',
  engine: 'This engine does not work here',
  shape: 'The model does not accept this input',
  worker: 'The worker does not work here',
};

/** What depends on a file or on the settings alone happens again. */
const FINAL: readonly ErrorCode[] = [
  ...(['not-a-video', 'no-video-stream', 'no-frames', 'codec', 'damaged', 'start-past-end'] as const),
  ...(['overconstrained', 'insecure', 'option', 'shape'] as const),
];

/** What browsers say of a script that a page loads later and that did not come. */
const MISSING_PART = /dynamically imported module|Importing a module script failed|module script|Unable to preload/i;

/** Describes any error: what happened, and what the user can do. */
export function problemOf(thrown: unknown): Problem {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = thrown instanceof SluiceError ? thrown.code : undefined;
  if (code === 'no-reader' || MISSING_PART.test(message)) {
    const text = 'The server did not send it. Check the connection, and reload the page.';
    // Browsers remember a script that failed: it is loaded again with the page only.
    return { title: 'A part of the page can’t be loaded', text, remedy: 'reload' };
  }
  const words = plainWords(message);
  const text = /[.!?]$/.test(words) ? words : `${words}.`;
  const advice = code === 'engine' ? ' Choose the engine “auto”, which uses one that works.' : '';
  return {
    title: (code && TITLES[code]) ?? 'Something went wrong',
    text: text + advice,
    remedy: code && FINAL.includes(code) ? undefined : 'retry',
  };
}
