import { catchPlayer } from 'sluice/pipelines/catch';
import catchWeights from '../../../pipelines/catch/weights.safetensors?url';
import type { Player } from '../../../examples/play/player.ts';
import { fetchAll } from '../run/fetch-all.ts';

/** The seed of the random weights that a player begins with. */
export const SEED = 1;

/** A player before it has learned anything, with what it has learned in this page, or with what it had learned before. */
export type PlayerName = 'untrained' | 'here' | 'bundled';

/** Loads a player. `here` are the weights that it has learned in this page. */
export async function loadPlayer(name: PlayerName, here: Uint8Array | undefined, signal: AbortSignal): Promise<Player> {
  if (name === 'bundled') {
    return catchPlayer({ weights: await fetchAll(new URL(catchWeights, location.href), () => undefined, signal) });
  }
  return catchPlayer(name === 'here' && here ? { weights: here } : { seed: SEED });
}
