import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import type { Weight } from '../stage/weights.ts';
import type { BestEpoch } from './best-epoch.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Training } from './fit-options.ts';
import type { Trainer, Tensors } from './trainer.ts';

/** The tensors of a training, in the groups by which a checkpoint names them. */
function groupsOf(trainer: Trainer, best: BestEpoch | undefined): ReadonlyMap<string, Tensors> {
  const { weights, memories } = trainer.tensors;
  return new Map([
    ['weights', weights],
    ...memories.map((memory, i) => [`memory${i}`, memory] as const),
    ...(best ? [['best', best.weights] as const] : []),
  ]);
}

/** The tensors of a training, by their names in a checkpoint: `weights/…`, `memory0/…`, `best/…`. */
export function stateOf(trainer: Trainer, best: BestEpoch | undefined): Map<string, Tensor> {
  const groups = [...groupsOf(trainer, best)];
  return new Map(
    groups.flatMap(([group, tensors]) => [...tensors].map(([name, one]) => [`${group}/${name}`, one] as const)),
  );
}

/** Puts the values of a checkpoint in the place of those of the training. */
export function takeState({ values }: Checkpoint, trainer: Trainer, best: BestEpoch | undefined): void {
  for (const [group, tensors] of groupsOf(trainer, best)) {
    const prefix = `${group}/`;
    for (const [name, { data, shape }] of Object.entries(values)) {
      if (name.startsWith(prefix)) {
        trainer.replace(new Map([[name.slice(prefix.length), tensor(data, [...shape], 'float32')]]), tensors);
      }
    }
  }
}

/** What a training must have in common with one that it goes on from. */
export function identityOf(
  model: { readonly spec: unknown },
  training: Pick<Training, 'rule' | 'trained' | 'objective'>,
): Record<string, string> {
  const { rule, trained, objective } = training;
  return {
    model: JSON.stringify(model.spec),
    optimizer: JSON.stringify([rule.name, rule.settings]),
    loss: JSON.stringify(objective.loss.spec),
    trainable: JSON.stringify([...trained]),
  };
}

/** Reads tensors from the device. */
export async function valuesOf(tensors: ReadonlyMap<string, Tensor>): Promise<Record<string, Weight>> {
  const read = [...tensors].map(
    async ([name, one]) => [name, { shape: one.shape, data: Float32Array.from(await one.data()) }] as const,
  );
  return Object.fromEntries(await Promise.all(read));
}
