import { OptionError } from '../../errors/errors.ts';
import { STAGES } from '../registered-stages.ts';
import type { Conversion, Converted, LayerContext } from './conversion.ts';
import type { Layer } from './layer.ts';

/** The conversions of all registered stages, by the layer's class name. */
const CONVERSIONS: ReadonlyMap<string, Conversion> = new Map(
  [...STAGES.values()].flatMap(({ layers = {} }) => Object.entries(layers)),
);

/** @internal Converts a layer to a stage; throws `OptionError` that says what of it cannot be converted. */
export function convertLayer(layer: Layer, context: LayerContext): Converted {
  const convert = CONVERSIONS.get(layer.className);
  if (!convert) throw new OptionError('is not supported');
  return convert(layer, context);
}
