import type { AnyStage, Shape, Weight } from 'sluice';
import type { AnyModel } from './bundled.ts';
import { settingName, settingText } from './setting-text.ts';

/** The facts about a stage that are known before it runs. */
export interface StageFacts {
  readonly name: string;
  readonly op: string;
  readonly input: Shape;
  readonly output: Shape;
  readonly parameters: number;
  readonly macs: number;
  /** The options it was made with. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  readonly stage: AnyStage;
}

/** The stages of a model in the order they run. */
export function stageFacts({ pipeline }: AnyModel): StageFacts[] {
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
      settings: Object.entries(settings).flatMap(([key, value]) => {
        const text = settingText(value);
        return text === undefined ? [] : [[settingName(key), text] as const];
      }),
      stage,
    };
  });
}

/** A stage with more parameters than this is not shown: random weights would be generated again. */
const MOST = 5_000_000;

/** A stage's weights; none if there are too many to show. */
export function weightsOf({
  stage,
  input,
  parameters,
}: StageFacts): readonly (readonly [name: string, weight: Weight])[] {
  return parameters > 0 && parameters <= MOST ? Object.entries(stage.weights(input)) : [];
}

/** A shape as text, without the batch: `112 × 112 × 32`. */
export function describeShape(shape: Shape): string {
  return shape.slice(1).join(' × ');
}
