import { describeValue } from '../../errors/describe-value.ts';
import { WeightsError } from '../../errors/errors.ts';
import { MAX_NAME } from '../limits.ts';
import { asObject } from '../tfjs/as-object.ts';

/** @internal What a model says of one layer; what it says of itself where the layer is a model. */
export interface Layer {
  readonly className: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** What each call of it takes, as it is written; empty in a Sequential. */
  readonly inboundNodes: readonly unknown[];
}

/** @internal Reads a layer's object; `name` for one that has none of its own (only the outermost model may). */
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
  // Keras before 2.3 wrote a Sequential's layers in place of its configuration.
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
  return { className, name: called, config: settings, inboundNodes };
}

/** @internal A setting, whether it is written as in Python or as in JavaScript; `undefined` also for null. */
export function setting({ config }: Layer, name: string): unknown {
  const camel = name.replaceAll(/_([a-z\d])/g, (_, letter: string) => letter.toUpperCase());
  const own = [name, camel].find((key) => Object.hasOwn(config, key));
  return own === undefined ? undefined : (config[own] ?? undefined);
}
