import { parseArgs } from 'node:util';
import { lastValueFrom, reduce, tap } from 'rxjs';
import { catchPlayer } from 'sluice/pipelines/catch';
import { fieldAsText } from './field-as-text.ts';
import { play } from './play.ts';
import { seedOf } from './random.ts';

const { values: options } = parseArgs({
  options: {
    games: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    untrained: { type: 'boolean', default: false },
  },
});
const [games, seed] = [Number(options.games), Number(options.seed)];
if (!Number.isSafeInteger(games) || games < 1 || !Number.isSafeInteger(seed)) {
  console.error('usage: node examples/play [--games 10] [--seed 1] [--untrained]');
  process.exit(2);
}

const player = await catchPlayer(options.untrained ? { seed: 1 } : {});
const isTerminal = process.stdout.isTTY;
let caught = 0;
for (let game = 1; game <= games; game++) {
  // One game at a time: as soon as an action is known, it makes the next picture.
  const turns = play(player, { games: 1, gamesSeed: seedOf(seed, game), ...(isTerminal ? { pace: 80 } : {}) });
  const shown = turns.pipe(
    tap(({ after, action }) => {
      if (isTerminal) process.stdout.write(`\u001B[H\u001B[J${fieldAsText(after)}\ngame ${game}: ${action.name}\n`);
    }),
    reduce((_, { after }) => after.caught === true, false),
  );
  const isCaught = await lastValueFrom(shown);
  if (isCaught) caught++;
  if (!isTerminal) console.log(`game ${game}: ${isCaught ? 'caught' : 'missed'}`);
}
console.log(`caught ${caught} of ${games} balls`);
