import type { Shape } from '../../../stage/shape.ts';
import { RECURRENT_ACTIVATIONS, type RecurrentActivation } from '../../../stage/activations.ts';
import type { AnyStage } from '../../../stage/stage.ts';
import type { RecurrentOptions } from '../../../stages/recurrence.ts';
import { gru } from '../../../stages/gru.ts';
import { lstm } from '../../../stages/lstm.ts';
import { describeShape } from '../../../stage/shape.ts';
import { flag, number, text, texts } from '../attributes.ts';
import type { Constant } from '../constant.ts';
import { constantAt, constantIfAny, unsupported, valueAt, type Conversion, type Convert } from '../conversion.ts';
import type { Operand, Value } from '../value.ts';
import { concatenated } from './joining.ts';
import { sliced } from './slicing.ts';

/** @internal ONNX has the gates input, output, forget, new values; sluice, as Keras, has the output gate last. */
export const convertLstm: Convert = (conversion) => {
  const { node } = conversion;
  if (flag(node, 'input_forget')) throw unsupported('input_forget');
  if (constantIfAny(conversion, 7)) throw unsupported('peepholes');
  onlyZeros(conversion, 6);
  return recurrent(conversion, {
    gates: [0, 2, 3, 1],
    functions: ['Sigmoid', 'Tanh', 'Tanh'],
    stage(options, { kernel, recurrentKernel, biases: [ofInput, ofState] }) {
      const bias = ofInput.map((value, i) => value + (ofState[i] ?? 0));
      return lstm({ ...options, weights: { kernel, recurrentKernel, bias } });
    },
  });
};

/** @internal The gates are update, reset, new values, as in sluice. */
export const convertGru: Convert = (conversion) => {
  const resetAfter = flag(conversion.node, 'linear_before_reset');
  return recurrent(conversion, {
    gates: [0, 1, 2],
    functions: ['Sigmoid', 'Tanh'],
    stage(options, { kernel, recurrentKernel, biases: [ofInput, ofState] }) {
      const sum = ofInput.map((value, i) => value + (ofState[i] ?? 0));
      const bias = resetAfter ? Float32Array.from([...ofInput, ...ofState]) : sum;
      return gru({ ...options, resetAfter, weights: { kernel, recurrentKernel, bias } });
    },
  });
};

interface Weights {
  readonly kernel: Float32Array;
  readonly recurrentKernel: Float32Array;
  readonly biases: readonly [Float32Array, Float32Array];
}

interface Gated {
  /** Where ONNX has each gate of the stage. */
  readonly gates: readonly number[];
  /** ONNX's names of the functions that are meant where none are named. */
  readonly functions: readonly string[];
  readonly stage: (options: RecurrentOptions, weights: Weights) => AnyStage;
}

/** The outputs: the values of all steps, `[steps, directions, batch, units]`, and those of the last one, `[directions, batch, units]`. */
function recurrent(conversion: Conversion, { gates, functions, stage }: Gated): readonly Operand[] {
  const { node, build } = conversion;
  if (number(node, 'layout', 0) !== 0) throw unsupported('layout 1');
  for (const name of ['clip', 'activation_alpha', 'activation_beta']) {
    if (node.attributes.has(name)) throw unsupported(name);
  }
  const value = valueAt(conversion);
  const [steps = 1, batch = 1, inputs = 1] = value.shape;
  if (value.shape.length !== 3 || batch !== 1 || !value.order.includes(0)) {
    throw unsupported(`an input of ${describeShape(value.shape)} whose second dimension is not the batch`);
  }
  onlyAllSteps(conversion, steps);
  onlyZeros(conversion, 5);
  const direction = text(node, 'direction', 'forward');
  const backwards = { forward: [false], reverse: [true], bidirectional: [false, true] }[direction];
  if (!backwards) throw unsupported(`direction ${direction}`);
  const [w, r] = [constantAt(conversion, 1), constantAt(conversion, 2)];
  const units = number(node, 'hidden_size', r.shape[2] ?? 0);
  const width = gates.length * units;
  const b = constantIfAny(conversion, 3);
  fits(w, [backwards.length, width, inputs]);
  fits(r, [backwards.length, width, units]);
  if (b) fits(b, [backwards.length, 2 * width]);
  const named = texts(node, 'activations') ?? backwards.flatMap(() => functions);
  const sequence = build.arrange(value, [0, 2]);
  build.count(backwards.length * width * (inputs + units));
  const weights = backwards.map((_, place): Weights => {
    const biasOf = (part: number) => (b ? turned(b, 2 * place + part, gates, units, 1) : new Float32Array(width));
    return {
      kernel: turned(w, place, gates, units, inputs),
      recurrentKernel: turned(r, place, gates, units, units),
      biases: [biasOf(0), biasOf(1)],
    };
  });
  const made = (place: number, returnSequences: boolean) => {
    const own = named.slice(place * functions.length, (place + 1) * functions.length);
    const [recurrentActivation, activation, last = activation] = own.map(functionCalled);
    if (activation === undefined || recurrentActivation === undefined || last !== activation) {
      throw unsupported(`activations ${named.join(', ')}`);
    }
    const goBackwards = backwards[place] === true;
    const options = { units, activation, recurrentActivation, returnSequences, goBackwards };
    return stage(options, weights[place] as Weights);
  };
  const isLastOnly = (node.outputs[0] ?? '') === '';
  const ends: Value[] = [];
  const all = backwards.map((isBack, place) => {
    const end: Pick<Value, 'shape' | 'order'> = { shape: [1, 1, units], order: [2] };
    if (isLastOnly) {
      ends.push(build.stage(sequence, made(place, false), end, `last${place + 1}`));
      return ends[place] as Value;
    }
    const suffix = `all${place + 1}`;
    const whole = build.stage(sequence, made(place, true), { shape: [steps, 1, 1, units], order: [0, 3] }, suffix);
    const last = sliced(build, whole, [{ axis: 0, begin: steps - 1, count: 1, step: 1 }], `${suffix}.last`);
    ends.push(build.reshape(last, end.shape, `${suffix}.end`));
    // ONNX gives the steps in the order of the input.
    const inOrder = [{ axis: 0, begin: steps - 1, count: steps, step: -1 }];
    return isBack && steps > 1 ? sliced(build, whole, inOrder, `${suffix}.inOrder`) : whole;
  });
  const [first, end] = [all, ends] as unknown as readonly [readonly [Value], readonly [Value]];
  if (backwards.length === 1) return [first[0], end[0]];
  return [isLastOnly ? first[0] : concatenated(build, all, 1, 'all'), concatenated(build, ends, 0, 'last')];
}

/** The rows of a direction as columns: `[gates · units, values]` → `[values, gates · units]`, with the gates in the order of sluice. */
function turned(
  { data }: Constant,
  place: number,
  gates: readonly number[],
  units: number,
  values: number,
): Float32Array {
  const width = gates.length * units;
  const result = new Float32Array(values * width);
  gates.forEach((from, to) => {
    for (let unit = 0; unit < units; unit++) {
      for (let i = 0; i < values; i++) {
        const at = (place * width + from * units + unit) * values + i;
        result[i * width + to * units + unit] = data[at] ?? 0;
      }
    }
  });
  return result;
}

function functionCalled(name: string): RecurrentActivation | undefined {
  return RECURRENT_ACTIVATIONS.find((one) => one.toLowerCase() === name.toLowerCase());
}

function fits({ shape }: Constant, wanted: Shape): void {
  if (describeShape(shape) !== describeShape(wanted)) {
    throw unsupported(`a weight of ${describeShape(shape)} where ${describeShape(wanted)} is needed`);
  }
}

/** A state to begin with, which must be zeros. */
function onlyZeros(conversion: Conversion, index: number): void {
  const given = constantIfAny(conversion, index);
  if (given?.data.some((value) => value !== 0)) throw unsupported(`a state to begin with (input ${index + 1})`);
}

/** The lengths of sequences, which must be those of the input. */
function onlyAllSteps(conversion: Conversion, steps: number): void {
  const given = constantIfAny(conversion, 4);
  if (given?.data.some((value) => value !== steps)) throw unsupported('sequences of different lengths');
}
