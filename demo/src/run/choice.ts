import type { FrameSourceChanges, EngineName } from 'sluice';
import { Drawing } from '../board/drawing.ts';
import type { AnyModel } from './bundled.ts';
import { taskNamed } from './tasks.ts';

/** Where frames come from. */
export type SourceChoice = 'camera' | 'sample' | Drawing | readonly File[];

/** The height of frames in lines; `whole` keeps the original size. */
export type Lines = 'whole' | 240 | 480 | 720;

/** The user's settings. A change of any of them starts a new run. */
export interface Choice {
  readonly source: SourceChoice;
  readonly engine: EngineName | 'auto';
  readonly lines: Lines;
  /** The front camera, whose picture is mirrored, or the rear camera. */
  readonly facing: 'user' | 'environment';
  /** Delivers a file's frames in real time, as a camera does; otherwise every frame, as fast as the model can take them. */
  readonly asItPlays: boolean;
  /** Runs the model in a worker, so that a slow model does not block the page. Undefined: unless it is a classifier, whose layers the page shows. */
  readonly offThread: boolean | undefined;
  /** Repeats a file when it ends. */
  readonly again: boolean;
}

/** The engines to choose from, each with what the page calls it. */
export const ENGINES: readonly (readonly [name: Choice['engine'], text: string])[] = [
  ['auto', 'auto: the fastest available'],
  ['webgpu', 'webgpu: GPU'],
  ['webgl', 'webgl: GPU'],
  ['wasm', 'wasm: processor'],
  ['cpu', 'cpu: plain JavaScript'],
];

/** The policies that the page offers. */
export type PolicyName = 'wait' | 'latest' | 'dropNewest' | 'buffer';

/** Settings that may change during a run. */
export interface GateChoice {
  readonly policy: PolicyName;
  readonly maxInFlight: number;
  /** The delay that is added to each frame, in ms. */
  readonly slower: number;
}

const ROOM = 8;

/** A short text for each policy. */
export const POLICIES: Readonly<Record<PolicyName, string>> = {
  wait: 'wait: the source waits, no frame is dropped',
  latest: 'latest: keep only the newest frame',
  dropNewest: 'dropNewest: drop frames while busy',
  buffer: `buffer: keep up to ${ROOM} frames`,
};

/** Whether a model runs in a worker. */
export function isOffThread({ offThread }: Pick<Choice, 'offThread'>, model: AnyModel | undefined): boolean {
  return offThread ?? (model !== undefined && taskNamed(model.task.kind) !== 'classification');
}

/** Whether frames come in real time, so that the source can't wait. */
export function isLive({ source, asItPlays }: Choice): boolean {
  return !isFile(source) || asItPlays;
}

/** Whether frames come from a file, which has a pace of its own and an end. */
export function isFile(source: SourceChoice): source is 'sample' | readonly File[] {
  return source !== 'camera' && !(source instanceof Drawing);
}

/** The policies to choose from. A source in real time can't `wait`. Of a drawing the last frame must be labelled: no other may follow. */
export function policiesFor(choice: Choice): readonly PolicyName[] {
  if (choice.source instanceof Drawing) return ['latest'];
  return isLive(choice) ? ['latest', 'dropNewest', 'buffer'] : ['wait', 'latest', 'dropNewest', 'buffer'];
}

/** The gate's options. */
export function admissionOf({ policy, maxInFlight }: GateChoice): FrameSourceChanges {
  return { policy: policy === 'buffer' ? { buffer: ROOM } : policy, maxInFlight };
}
