import { useEngine, writeSafetensors } from 'sluice';
import { catchPlayer } from 'sluice/pipelines/catch';
import { practise } from '../../../examples/play/practise.ts';
import { failureOf } from '../run/failure.ts';
import { SEED } from './players.ts';
import type { Begin, FromWorker } from './messages.ts';

// The worker of the card “A game that it learns”: it trains a player, and sends the player of each round. It ends when the page ends it.

type Bytes = Uint8Array<ArrayBuffer>;

const port = globalThis as unknown as {
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<Begin>) => void): void;
};
const fail = (thrown: unknown) => port.postMessage({ type: 'failed', failure: failureOf(thrown) }, []);

port.addEventListener('message', ({ data }) => void train(data).catch(fail));

async function train({ wasmPaths, rounds, resume }: Begin): Promise<void> {
  await useEngine('wasm', { wasmPaths });
  let checkpoint: Bytes;
  const training = practise(await catchPlayer({ seed: SEED }), {
    epochs: rounds,
    checkpoint: (bytes) => void (checkpoint = bytes as Bytes),
    ...(resume ? { resume } : {}),
  });
  training.subscribe({
    next: ({ epoch, caught, games, player }) => {
      const weights = writeSafetensors(player.pipeline.weights([1, 32, 32, 1])) as Bytes;
      const sent = { type: 'round', round: epoch, caught, games, weights, checkpoint } as const;
      port.postMessage(sent, [weights.buffer, checkpoint.buffer]);
    },
    error: fail,
    complete: () => port.postMessage({ type: 'done' }, []),
  });
}
