import { describeValue } from '../../errors/describe-value.ts';
import { WeightsError } from '../../errors/errors.ts';
import { MAX_NAME } from '../limits.ts';
import { asObject } from '../tfjs/as-object.ts';

/** @internal The description of a layer in a model.json. A layer can itself be a model. */
export interface Layer {
  readonly className: string;
  readonly name: string;
  /** The names of the models around the layer, but for the outermost, and its own: `inner/conv`. */
  readonly path: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** The Python module of the class, where Keras 3 writes it. */
  readonly module: unknown;
  /** The arguments of one call of a function: constants, and undefined for values of other layers. */
  readonly operands?: readonly unknown[];
  /** The inputs of each call, as they are written. Empty in a Sequential model. */
  readonly inboundNodes: readonly unknown[];
}

/** @internal Reads the description of a layer; throws `WeightsError`. `name` is used where it has none. */
export function readLayer(file: string, given: unknown, where: string, name?: string): Layer {
  const layer = asObject(given);
  const className = layer?.['class_name'];
  if (!layer || typeof className !== 'string') {
    throw new WeightsError(`${file}: ${where} has ${describeValue(given)} where a layer with a class_name should be`);
  }
  if (className.length > MAX_NAME) {
    throw new WeightsError(`${file}: ${where} has a layer whose class_name has ${className.length} characters`);
  }
  const { config, inbound_nodes: inboundNodes = [] } = layer;
  // Before 2.3, Keras wrote the layers of a Sequential model in place of its config.
  const settings = Array.isArray(config) ? { layers: config as unknown[] } : asObject(config);
  if (!settings)
    throw new WeightsError(`${file}: ${where} has a ${className} whose config is ${describeValue(config)}`);
  const called = settings['name'] ?? layer['name'] ?? name;
  if (typeof called !== 'string' || called === '') {
    throw new WeightsError(`${file}: ${where} has a ${className} without a name`);
  }
  if (called.length > MAX_NAME) {
    throw new WeightsError(`${file}: ${where} has a ${className} whose name has ${called.length} characters`);
  }
  if (!Array.isArray(inboundNodes)) {
    throw new WeightsError(`${file}: inbound_nodes of ${called} is ${describeValue(inboundNodes)}, not a list`);
  }
  return { className, name: called, path: called, config: settings, module: layer['module'], inboundNodes };
}

/** @internal A setting of a layer, by its Python name or that name in camel case. `undefined` where it is null or missing. */
export function setting({ config }: Layer, name: string): unknown {
  const camel = name.replaceAll(/_([a-z\d])/g, (_, letter: string) => letter.toUpperCase());
  const own = [name, camel].find((key) => Object.hasOwn(config, key));
  return own === undefined ? undefined : (config[own] ?? undefined);
}
