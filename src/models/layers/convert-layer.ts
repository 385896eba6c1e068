import { OptionError } from '../../errors/errors.ts';
import type { Converted, LayerContext } from './conversion.ts';
import { convertFunction } from './convert-function.ts';
import { isFunction } from './function-call.ts';
import { LAYERS } from './layer-conversions.ts';
import type { Layer } from './layer.ts';
import { whyUnsupported } from './unsupported-layers.ts';

/** @internal Converts a layer to a stage; throws `OptionError` that says what of it cannot be converted. */
export function convertLayer(layer: Layer, context: LayerContext): Converted {
  if (isFunction(layer)) return convertFunction(layer, context);
  const convert = LAYERS.get(layer.className);
  if (!convert) throw new OptionError(whyUnsupported(layer.className));
  return convert(layer, context);
}
