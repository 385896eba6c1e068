import type { EngineName, Policy } from 'sluice';

/** Where pictures come from. */
export type SourceChoice = 'camera' | 'sample' | readonly File[];

/** What the person has chosen; a change of any of these begins anew. */
export interface Choice {
  readonly source: SourceChoice;
  readonly engine: EngineName | 'auto';
}

/** What of the gate can be moved while it runs. */
export interface GateChoice {
  readonly policy: Extract<Policy, string>;
  readonly maxInFlight: number;
}

/** A camera can't wait; a file is not to lose anything unless it is told to. */
export function policiesFor(source: SourceChoice): readonly GateChoice['policy'][] {
  return source === 'camera' ? ['latest', 'dropNewest'] : ['wait', 'latest', 'dropNewest'];
}
