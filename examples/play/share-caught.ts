import { lastValueFrom, toArray } from 'rxjs';
import { caughtIn } from './lessons.ts';
import { play } from './play.ts';
import type { Player } from './player.ts';

/** The share of balls that a player catches, in games that it has not practised with. */
export async function shareCaught(player: Player, games = 1000, gamesSeed = 20_26): Promise<number> {
  const turns = await lastValueFrom(play(player, { games, gamesSeed }).pipe(toArray()));
  return caughtIn(turns).filter(Boolean).length / games;
}
