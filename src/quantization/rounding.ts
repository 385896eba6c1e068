import type { LocatedSpec } from '../models/fold-into-layer.ts';
import type { Json, Spec } from '../stage/stage.ts';
import type { Levels } from '../onnx/graph-builder.ts';

/** The operation of a stage that marks where a value is to be rounded. Ranges are measured there, and levels take its place. */
export const POINT = 'roundingPoint';

/** A value in a network that is being changed. */
export interface Value {
  /** The path of the stage that computed it: levels are known by it. */
  readonly source: string;
  /** Whether it was rounded, and nothing has moved it since. */
  readonly rounded: boolean;
}

/** A stage with points in it, and its output. */
export interface Placed {
  readonly spec: Spec;
  readonly value: Value;
  /** Whether the output joins rounded values, so that it is rounded, too. */
  readonly joins?: boolean | undefined;
}

/** What places points in the stages inside a stage. */
export interface Places {
  /** Whether a stage is a layer that computes with rounded values. */
  takes(stage: LocatedSpec): boolean;
  /** Notes a layer behind a point; returns what takes its place. */
  layer(layer: LocatedSpec, value: Value): Spec;
  /** Places points in a stage that is no layer. */
  within(stage: LocatedSpec, value: Value): Placed;
}

/** The layers that ONNX Runtime computes with integers of 8 bits. */
const LAYERS: ReadonlySet<string> = new Set(['conv2d', 'depthwiseConv2d', 'dense']);

/** Operations that move values, leave some out, or add zeros: the rest stays in its range. */
const MOVING: ReadonlySet<string> = new Set([
  ...['crop', 'depthToSpace', 'dropout', 'flatten', 'maxPool', 'reshape', 'slice', 'transpose', 'zeroPad'],
]);

/** Activations that only cut values off: levels can do it for them. */
const CUTTING: ReadonlySet<unknown> = new Set(['relu', 'relu6', 'linear']);

/** Whether a stage is a layer that ONNX Runtime computes with integers. */
export function isLayer({ op }: Spec): boolean {
  return LAYERS.has(op);
}

/** Whether values are rounded behind a layer. Behind a dense layer they are rounded only where the next layer needs it. */
export function roundsBehind({ op }: Spec): boolean {
  return op !== 'dense';
}

/** Whether the activation inside a stage only cuts values off. */
export function onlyCuts({ activation }: Spec): boolean {
  return activation === undefined || CUTTING.has(activation);
}

/** Whether a stage is an activation that only cuts values off, so that rounding can wait until it is done. */
export function isCutting(spec: Spec | undefined): boolean {
  return spec?.op === 'activation' && CUTTING.has(spec['activation']);
}

/** A value behind a stage that is no layer. */
export function behind({ op }: Spec, path: string, { source }: Value): Value {
  return { source: MOVING.has(op) ? source : path, rounded: false };
}

/** The activation inside a layer as a stage of its own. */
export function activationOf({ activation }: Spec, name: string): Spec {
  return { op: 'activation', name, activation };
}

/** A stage that marks a point. */
export function pointSpec(name: string, source: string): Spec {
  return { op: POINT, name, source };
}

/** A spec with levels in the place of its points. */
export function withLevels<T extends Json | undefined>(spec: T, levels: (source: string) => Levels): T {
  if (typeof spec !== 'object' || spec === null) return spec;
  if (Array.isArray(spec)) return spec.map((one: Json) => withLevels(one, levels)) as readonly Json[] as T;
  const { op, name, source } = spec as Spec;
  if (op === POINT) return { op: 'fakeQuantize', name, ...levels(source as string) } as Json as T;
  return Object.fromEntries(Object.entries(spec).map(([key, value]) => [key, withLevels(value, levels)])) as Json as T;
}
