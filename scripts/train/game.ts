// npm run train:game: trains the player of Catch from nothing, by playing, and writes pipelines/catch/weights.safetensors with the log
// beside it. With --checkpoint FILE, a training that was ended goes on from there.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { lastValueFrom, tap } from 'rxjs';
import { useEngine, writeSafetensors } from 'sluice';
import { catchPlayer } from 'sluice/pipelines/catch';
import { practise } from '../../examples/play/practise.ts';
import { shareCaught } from '../../examples/play/share-caught.ts';
import { TrainingLog } from './training-log.ts';

const { values: options } = parseArgs({
  options: {
    epochs: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'pipelines/catch' },
    checkpoint: { type: 'string' },
  },
});
const [epochs, seed, file] = [Number(options.epochs), Number(options.seed), options.checkpoint];

const engine = await useEngine('wasm');
const log = new TrainingLog();
const player = await catchPlayer({ seed });
log.note(
  `Catch, npm run train:game, seed ${seed}, ${epochs} epochs of 64 games, adam with a rate of 0.006 along a cosine`,
);
log.note(`${cpus()[0]?.model.trim() ?? ''}, ${engine.name}, Node ${process.version}`);
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
log.note(`untrained: catches ${percent(await shareCaught(player))} of 1,000 balls`);

const began = performance.now();
const training = practise(player, {
  epochs,
  seed,
  ...(file === undefined ? {} : { checkpoint: (bytes) => writeFileSync(file, bytes) }),
  ...(file !== undefined && existsSync(file) ? { resume: readFileSync(file) } : {}),
});
let [caught, played] = [0, 0];
const { player: trained } = await lastValueFrom(
  training.pipe(
    tap(({ epoch, ...last }) => {
      caught += last.caught;
      played += last.games;
      if (epoch % 10 !== 0 && epoch !== epochs) return;
      const minutes = ((performance.now() - began) / 60_000).toFixed(1);
      log.note(`epoch ${epoch}: caught ${percent(caught / played)} of the last ${played} balls; ${minutes} min`);
      [caught, played] = [0, 0];
    }),
  ),
);
// What is measured is what is bundled.
const weights = writeSafetensors(trained.pipeline.weights([1, 32, 32, 1]), 'F16');
log.note(`trained: catches ${percent(await shareCaught(await catchPlayer({ weights })))} of 1,000 balls`);
writeFileSync(`${options.out}/weights.safetensors`, weights);
writeFileSync(`${options.out}/training.log`, `${log.lines.join('\n')}\n`);
