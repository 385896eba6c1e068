import type { AnyStage, Model, Shape, Weight } from 'sluice';

/** What is known of a stage before it runs. */
export interface StageFacts {
  readonly name: string;
  readonly op: string;
  readonly input: Shape;
  readonly output: Shape;
  readonly parameters: number;
  readonly macs: number;
  /** Its arguments, as they were given. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  readonly stage: AnyStage;
}

/** The stages of a network in the order they run. */
export function stageFacts({ pipeline }: Model): StageFacts[] {
  const input = pipeline.inputShape;
  if (!input) return [];
  return pipeline.inner(input).map(({ name, stage, input: own }) => {
    const { op, name: _, ...settings } = stage.spec;
    return {
      name,
      op,
      input: own,
      output: stage.outputShape(own),
      parameters: stage.parameterCount(own),
      macs: stage.macs(own),
      settings: Object.entries(settings)
        .filter(([, value]) => value !== undefined && typeof value !== 'object')
        .map(([key, value]) => [key, String(value)] as const),
      stage,
    };
  });
}

/** More than these are not drawn anew just to be looked at. */
const MOST = 5_000_000;

/** A stage's weights, if they are not too many. */
export function weightsOf({
  stage,
  input,
  parameters,
}: StageFacts): readonly (readonly [name: string, weight: Weight])[] {
  return parameters > 0 && parameters <= MOST ? Object.entries(stage.weights(input)) : [];
}

/** A shape as people write it, without the batch. */
export function describeShape(shape: Shape): string {
  return shape.slice(1).join(' × ');
}
