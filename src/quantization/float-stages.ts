import type { Shape } from '../stage/shape.ts';
import type { AnyStage } from '../stage/stage.ts';
import { isLayer } from './rounding.ts';

/** The stages with multiply-adds that stay float: names and operations, such as `up (conv2dTranspose)`. */
export function floatStages(net: AnyStage, input: Shape): readonly string[] {
  const found: string[] = [];
  const visit = (stage: AnyStage, name: string, shape: Shape): void => {
    const inner = stage.inner(shape);
    for (const one of inner) visit(one.stage, name === '' ? one.name : `${name}/${one.name}`, one.input);
    if (inner.length === 0 && !isLayer(stage.spec) && stage.macs(shape) > 0) found.push(`${name} (${stage.spec.op})`);
  };
  visit(net, '', input);
  return found;
}
