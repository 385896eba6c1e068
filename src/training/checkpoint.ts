import { describeValue } from '../errors/describe-value.ts';
import { TrainingError, WeightsError } from '../errors/errors.ts';
import { parseJson } from '../models/parse-json.ts';
import { readSafetensors, readSafetensorsMetadata, writeSafetensors } from '../models/safetensors.ts';
import { describeShape } from '../stage/shape.ts';
import type { Weight } from '../stage/weights.ts';
import type { BestEpoch } from './best-epoch.ts';

/** Everything that a training goes on from: where it is, and the values of its tensors. */
export interface Checkpoint {
  /** What it is a training of, which must be the same to go on. */
  readonly identity: Readonly<Record<string, string>>;
  readonly epoch: number;
  readonly step: number;
  readonly stepsPerEpoch: number;
  readonly best?: BestEpoch['best'];
  /** `weights/…`, `memory0/…`, `best/…`. */
  readonly values: Readonly<Record<string, Weight>>;
}

const FORMAT = 'sluice-checkpoint 1';

/** A checkpoint as the bytes of a safetensors file. */
export function writeCheckpoint({ identity, values, ...state }: Checkpoint): Uint8Array {
  const metadata = { format: FORMAT, state: JSON.stringify(state), ...identity };
  return writeSafetensors(values, 'F32', metadata);
}

/**
 * Reads the bytes of a checkpoint. Throws `WeightsError` for bytes that are none, and `TrainingError` for one of another training than
 * the one with this identity, whose tensors have these shapes.
 */
export function readCheckpoint(
  called: string,
  bytes: Uint8Array,
  identity: Readonly<Record<string, string>>,
  shapes: ReadonlyMap<string, readonly number[]>,
): Checkpoint {
  const what = 'the checkpoint';
  const metadata = readSafetensorsMetadata(bytes, what);
  if (metadata['format'] !== FORMAT) {
    throw new WeightsError(
      `${what} is a safetensors file, but fit has not written it: resume needs what checkpoint was given`,
    );
  }
  for (const [part, expected] of Object.entries(identity)) {
    if (metadata[part] === expected) continue;
    throw new TrainingError(
      `${called} can't go on from this checkpoint: it is of another ${part}. Train with the ${part} that it was made with, or leave resume out`,
      { stage: called },
    );
  }
  const state = stateOf(metadata['state'] ?? '', what);
  const stored = readSafetensors(bytes, what);
  const values: Record<string, Weight> = {};
  for (const [name, shape] of [...shapes, ...(state.best ? bestOf(shapes) : [])]) {
    const value = stored[name];
    const found = value?.shape;
    if (found && describeShape(found) === describeShape(shape)) {
      values[name] = value;
      continue;
    }
    const got = found ? `is ${describeShape(found)}` : 'is missing';
    throw new TrainingError(`${called} can't go on from this checkpoint: ${name} ${describeShape(shape)} ${got}`, {
      stage: called,
    });
  }
  return { identity, values, ...state };
}

/** The weights of the best epoch are shaped like the weights. */
function bestOf(shapes: ReadonlyMap<string, readonly number[]>): (readonly [string, readonly number[]])[] {
  return [...shapes].flatMap(([name, shape]) =>
    name.startsWith('weights/') ? [[name.replace('weights/', 'best/'), shape] as const] : [],
  );
}

function stateOf(text: string, what: string): Pick<Checkpoint, 'epoch' | 'step' | 'stepsPerEpoch' | 'best'> {
  const wrong = (how: string, cause?: unknown) => new WeightsError(`${what} is damaged: its state ${how}`, { cause });
  const state = parseJson(new TextEncoder().encode(text), wrong);
  const { epoch, step, stepsPerEpoch, best } = (state ?? {}) as Partial<Checkpoint>;
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!isCount(epoch) || !isCount(step) || !isCount(stepsPerEpoch)) {
    throw wrong(`is ${describeValue(state)}`);
  }
  const known = isCount(best?.epoch) && typeof best?.value === 'number';
  return { epoch, step, stepsPerEpoch, ...(known ? { best: { epoch: best.epoch, value: best.value } } : {}) };
}
