import type { LocatedSpec } from '../models/fold-into-layer.ts';
import type { Spec } from '../stage/stage.ts';
import type { Weight } from '../stage/weights.ts';
import { placeInGraph } from './place-in-graph.ts';
import {
  activationOf,
  behind,
  isCutting,
  isLayer,
  onlyCuts,
  pointSpec,
  roundsBehind,
  type Placed,
  type Places,
  type Value,
} from './rounding.ts';

/** A layer that computes with rounded values. */
export interface RoundedLayer {
  readonly spec: Spec;
  /** The path of the stage that computes its input. */
  readonly source: string;
}

/** May put another stage in the place of a layer at a path. */
export type Watch = (layer: RoundedLayer, path: string) => Spec;

/**
 * Places the points where values are to be rounded: before and after each convolution, and before each dense layer. An activation that cuts
 * values off stays between a convolution and the point after it. Sums and concatenations of rounded values are rounded too.
 */
export class Placement implements Places {
  /** The layers that compute with rounded values, by their paths. */
  readonly layers = new Map<string, RoundedLayer>();
  readonly #weights: Map<string, Weight>;
  readonly #keep: ReadonlySet<string>;
  readonly #watch: Watch;

  /** `weights` are renamed where a layer gets a pipeline of its own. `keep` has the paths of layers that stay as they are. */
  constructor(weights: Map<string, Weight>, keep: ReadonlySet<string>, watch: Watch = ({ spec }) => spec) {
    this.#weights = weights;
    this.#keep = keep;
    this.#watch = watch;
  }

  /** Whether a stage is a layer that computes with rounded values. */
  takes({ spec, prefix }: LocatedSpec): boolean {
    return isLayer(spec) && !this.#keep.has(pathOf(prefix));
  }

  /** Notes a layer. Its activation is left out unless it only cuts values off, or nothing is rounded behind the layer. */
  layer({ spec, prefix }: LocatedSpec, { source }: Value): Spec {
    const isWhole = onlyCuts(spec) || !roundsBehind(spec);
    const layer = { spec: isWhole ? spec : { ...spec, activation: 'linear' }, source };
    this.layers.set(pathOf(prefix), layer);
    return this.#watch(layer, pathOf(prefix));
  }

  /** A stage that is no layer. Its output waits to be rounded where all that is joined in it is rounded. */
  within({ spec, prefix }: LocatedSpec, value: Value): Placed {
    const path = pathOf(prefix);
    switch (spec.op) {
      case 'pipeline': {
        const row = this.row(specsIn(spec, 'stages', prefix), value);
        return { spec: { ...spec, stages: row.specs }, value: row.value };
      }
      case 'residual': {
        const { specs: stages, value: branch } = this.row(specsIn(spec, 'stages', prefix), value);
        const given = spec['shortcut'] as Spec | undefined;
        const shortcut = given && this.#branch({ spec: given, prefix: `${prefix}shortcut/` }, value);
        return {
          spec: { ...spec, stages, ...(shortcut ? { shortcut: shortcut.spec } : {}) },
          value: { source: path, rounded: false },
          joins: branch.rounded && (shortcut?.value ?? value).rounded && onlyCuts(spec),
        };
      }
      case 'concatenate': {
        const branches = specsIn(spec, 'branches', prefix).map((branch) => this.#branch(branch, value));
        return {
          spec: { ...spec, branches: branches.map((branch) => branch.spec) },
          value: { source: path, rounded: false },
          joins: branches.every((branch) => branch.value.rounded),
        };
      }
      case 'graph':
        return placeInGraph(this, { spec, prefix }, value);
      default:
        return { spec, value: behind(spec, path, value) };
    }
  }

  /** Stages that run one after the other. */
  row(stages: readonly LocatedSpec[], given: Value): { readonly specs: Spec[]; readonly value: Value } {
    const specs: Spec[] = [];
    let value = given;
    let waits = false;
    const round = (name: string) => {
      specs.push(pointSpec(name, value.source));
      value = { source: value.source, rounded: true };
    };
    for (const [i, stage] of stages.entries()) {
      const { spec, prefix } = stage;
      const [name, path] = [nameOf(spec), pathOf(prefix)];
      const isNextCutting = isCutting(stages[i + 1]?.spec);
      if (!this.takes(stage)) {
        const made = this.within(stage, value);
        specs.push(made.spec);
        value = made.value;
        if ((waits && isCutting(spec)) || made.joins) round(`${name}.rounded`);
        waits = false;
        continue;
      }
      if (!value.rounded) round(`${name}.input`);
      specs.push(this.layer(stage, value));
      value = { source: path, rounded: false };
      if (!roundsBehind(spec)) continue;
      if (!onlyCuts(spec)) {
        value = { source: `${path}.linear`, rounded: false };
        round(`${name}.rounded`);
        specs.push(activationOf(spec, `${name}.activation`));
        value = { source: path, rounded: false };
      } else if (isNextCutting) waits = true;
      else round(`${name}.rounded`);
    }
    return { specs, value };
  }

  /** A branch: a layer gets a pipeline, so that points have a place beside it. */
  #branch(branch: LocatedSpec, value: Value): Placed {
    const { spec, prefix } = branch;
    if (!this.takes(branch)) return this.within(branch, value);
    const inner = { spec, prefix: `${prefix}${nameOf(spec)}/` };
    for (const [name, weight] of [...this.#weights]) {
      if (!name.startsWith(prefix)) continue;
      this.#weights.delete(name);
      this.#weights.set(inner.prefix + name.slice(prefix.length), weight);
    }
    const { specs, value: after } = this.row([inner], value);
    return { spec: { op: 'pipeline', name: spec.name, stages: specs }, value: after };
  }
}

/** The specs in a list in a spec, each under its stage's name. */
function specsIn(spec: Spec, list: 'stages' | 'branches', prefix: string): LocatedSpec[] {
  return (spec[list] as readonly Spec[]).map((one) => ({ spec: one, prefix: `${prefix}${nameOf(one)}/` }));
}

function nameOf({ name, op }: Spec): string {
  return name ?? op;
}

function pathOf(prefix: string): string {
  return prefix.slice(0, -1);
}
