import type { FrameSourceChanges, EngineName } from 'sluice';

/** Where pictures come from. */
export type SourceChoice = 'camera' | 'sample' | readonly File[];

/** How high pictures are taken, in lines; `whole`: as they come. */
export type Lines = 'whole' | 240 | 480 | 720;

/** What the person has chosen; a change of any of these begins anew. */
export interface Choice {
  readonly source: SourceChoice;
  readonly engine: EngineName | 'auto';
  readonly lines: Lines;
  /** The camera that looks at the person, whose picture is mirrored, or away. */
  readonly facing: 'user' | 'environment';
  /** A file as it plays, as if a camera saw it; else every frame of it, as fast as they are labelled. */
  readonly asItPlays: boolean;
  /** Computes on a thread of its own, so that a slow model never makes the page stutter. */
  readonly offThread: boolean;
  /** A file again from its start when it has ended. */
  readonly again: boolean;
}

/** The policies that the page offers. */
export type PolicyName = 'wait' | 'latest' | 'dropNewest' | 'buffer';

/** What can be moved while it runs. */
export interface GateChoice {
  readonly policy: PolicyName;
  readonly maxInFlight: number;
  /** How much slower than it is the model is made, in ms a frame. */
  readonly slower: number;
}

const ROOM = 8;

/** What a policy does, in a few words. */
export const POLICIES: Readonly<Record<PolicyName, string>> = {
  wait: 'wait: lose nothing, the source is held back',
  latest: 'latest: the newest frame next',
  dropNewest: 'dropNewest: finish what was begun',
  buffer: `buffer: up to ${ROOM} wait in line`,
};

/** Whether frames come by themselves, and can't be held back. */
export function isLive({ source, asItPlays }: Choice): boolean {
  return source === 'camera' || asItPlays;
}

/** A camera can't wait. */
export function policiesFor(choice: Choice): readonly PolicyName[] {
  return isLive(choice) ? ['latest', 'dropNewest', 'buffer'] : ['wait', 'latest', 'dropNewest', 'buffer'];
}

/** What the gate is told. */
export function admissionOf({ policy, maxInFlight }: GateChoice): FrameSourceChanges {
  return { policy: policy === 'buffer' ? { buffer: ROOM } : policy, maxInFlight };
}
