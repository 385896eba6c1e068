import type { Activation } from '../stage/activations.ts';
import type { AnyStage, Json } from '../stage/stage.ts';
import { activation } from '../stages/activation.ts';
import { concatenate } from '../stages/concatenate.ts';
import { graph, type GraphOptions } from '../stages/graph.ts';
import { pipelineOf } from '../stages/pipeline.ts';
import { residual, type PictureStage } from '../stages/residual.ts';
import { asObject } from './tfjs/as-object.ts';

/** @internal A spec without its `op`: the arguments a stage is made with. */
export type SpecArguments = Readonly<Record<string, Json | undefined>>;

/** @internal Makes the stages inside a spec, and hands out seeds. */
export interface InnerStages {
  stage(spec: Json | undefined): AnyStage;
  stages(specs: Json | undefined): readonly AnyStage[];
  /** The seed of a stage that draws its weights, as an option; empty where weights are not drawn. */
  seed(): { readonly seed?: number };
}

/** @internal Makes a stage from its spec's arguments. */
export type SpecMaker = (given: SpecArguments, inner: InnerStages) => AnyStage;

// A spec may come from a file, so its arguments can be of any type. The stages check them, as they check the options that
// JavaScript gives them: the type assertions in this file claim what is checked there.

/** @internal For a stage whose spec holds its options. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the type parameter lets makers with any options in
export function fromOptions<Options extends object>(make: (options: Options) => AnyStage): SpecMaker {
  return (given, inner) => {
    const options: object = { ...given, ...inner.seed() };
    return make(options as Options);
  };
}

/** @internal For a stage that prepares pictures: it takes neither a name nor a seed as an option. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the type parameter lets makers with any options in
export function fromPictureOptions<Options extends object>(make: (options: Options) => AnyStage): SpecMaker {
  return ({ name: _name, ...given }, inner) => {
    // Every stage takes a seed from the row, so that the weights of the stages after it stay the same.
    inner.seed();
    const options: object = given;
    return make(options as Options);
  };
}

/** @internal */
export const makeActivation: SpecMaker = (given, inner) => {
  return activation(given['activation'] as Activation, { ...given, ...inner.seed() });
};

/** @internal */
export const makePipeline: SpecMaker = ({ stages, ...options }, inner) => pipelineOf(options, inner.stages(stages));

/** @internal */
export const makeResidual: SpecMaker = ({ stages, shortcut, ...others }, inner) => {
  const options: object = { ...others, ...(shortcut === undefined ? {} : { shortcut: inner.stage(shortcut) }) };
  return residual(options, ...(inner.stages(stages) as readonly PictureStage[]));
};

/** @internal */
export const makeConcatenate: SpecMaker = ({ branches, ...options }, inner) => {
  return concatenate(options, ...(inner.stages(branches) as readonly PictureStage[]));
};

/** @internal */
export const makeGraph: SpecMaker = ({ nodes, ...others }, inner) => {
  const made = Object.entries(asObject(nodes) ?? {}).map(([id, node]) => {
    const spec = asObject(node)?.['stage'] as Json | undefined;
    return [id, spec === undefined ? node : { ...asObject(node), stage: inner.stage(spec) }] as const;
  });
  const options: object = { ...others, nodes: Object.fromEntries(made) };
  return graph(options as GraphOptions);
};
