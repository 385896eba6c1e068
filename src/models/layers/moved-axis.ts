import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { transposedShape } from '../../stage/axes.ts';
import type { Shape } from '../../stage/shape.ts';
import { transpose } from '../../stages/transpose.ts';
import type { ConvertedStage, StageConversion } from './conversion.ts';
import { surrounded, unchanged } from './in-row.ts';
import { setting, type Layer } from './layer.ts';

/** @internal Whether a layer's pictures have their channels first. */
export function isChannelsFirst(layer: Layer): boolean {
  return ['channels_first', 'channelsFirst'].includes(setting(layer, 'data_format') as string);
}

/** @internal Also converts a layer whose channels come first: they are put last before it, and first after it. */
export function inEitherFormat(convert: StageConversion): StageConversion {
  return (layer, context) => {
    if (!isChannelsFirst(layer)) return convert(layer, context);
    const last = { ...layer, config: { ...layer.config, data_format: 'channels_last', dataFormat: undefined } };
    return alongAxis(context.input, 1, (input) => convert(last, { ...context, input }));
  };
}

/** @internal Converts a layer that works along the last dimension for another one, `axis`. */
export function alongAxis(
  input: Shape | undefined,
  axis: number,
  convert: (input: Shape | undefined) => ConvertedStage,
): ConvertedStage {
  if (!input) return convert(undefined);
  const last = input.length - 1;
  if (axis === last) return convert(input);
  const order = [...input.keys()].filter((i) => i !== 0 && i !== axis);
  const moved = transposedShape(input, [0, ...order, axis]);
  const made = convert(moved);
  const before = { toLast: transpose({ permutation: [...order, axis] }) };
  if (made.stage.outputShape(moved).length !== input.length) return surrounded(before, made, {});
  const back = [...input.keys()].slice(1).map((i) => (i === axis ? last : order.indexOf(i) + 1));
  return surrounded(before, made, { back: transpose({ permutation: back }) });
}

/** @internal The one dimension that a layer works along, counted from 0. Throws `OptionError` for several, and for the batch. */
export function axisOf(layer: Layer, input: Shape): number {
  const given = setting(layer, 'axis') ?? -1;
  const [axis, second] = Array.isArray(given) ? (given as readonly unknown[]) : [given];
  const counted = typeof axis === 'number' && axis < 0 ? input.length + axis : axis;
  const good = Number.isSafeInteger(counted) && (counted as number) >= 1 && (counted as number) < input.length;
  if (good && second === undefined) return counted as number;
  throw new OptionError(`has axis ${describeValue(given)}; one dimension after the batch is supported`);
}

/** @internal Converts a layer with a setting `axis`, given how it is converted where that is the last dimension. */
export function withAxis(convert: StageConversion): StageConversion {
  return (layer, context) => {
    const { input } = context;
    if (!input) return { stage: unchanged() };
    return alongAxis(input, axisOf(layer, input), (moved) => convert(layer, { ...context, input: moved }));
  };
}
