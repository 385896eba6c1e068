import { lastValueFrom } from 'rxjs';
import { features, infer, OptionError, pipeline, flatten, softmax, modelFrom, similarTo, useEngine } from 'sluice';
import { images, inferOne } from 'sluice/node';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { beforeAll, describe, expect, it } from 'vitest';
import { squirrel } from '../../support/sluice.ts';

beforeAll(() => useEngine('wasm'));

describe('features', () => {
  it('of a classifier are what comes before its last stage with weights', async () => {
    const model = features(await mobilenetV1(), { normalize: true });
    expect([model.name, model.labels, model.pipeline.parts.at(-1)?.name]).toEqual([
      'mobilenet-v1-features',
      [],
      'pool',
    ]);
    const { vector } = await inferOne(model, squirrel);
    expect(vector).toHaveLength(1024);
    expect(vector.reduce((sum, value) => sum + value ** 2, 0)).toBeCloseTo(1, 6);
    // A picture is like itself more than like noise.
    const noise = vector.map((_, i) => Math.sin(i));
    const compared = images([squirrel], { resize: model.preprocess }).pipe(
      infer(model),
      similarTo({ noise, itself: vector }),
    );
    const { classes } = await lastValueFrom(compared);
    expect([classes[0]?.label, classes[0]?.score]).toEqual(['itself', expect.closeTo(1, 5)]);
    expect(classes[1]?.score).toBeLessThan(0.5);
  });

  it('need a stage before the last one with weights', async () => {
    const net = pipeline({ name: 'none', inputShape: [1, 2, 2, 3] }, flatten(), softmax());
    const none = await modelFrom(net, { width: 2, height: 2, range: [0, 1] });
    expect(() => features(none)).toThrow(OptionError);
    expect(() => features({} as never)).toThrow('features needs a model');
    expect(() => features(none, { normalise: true } as never)).toThrow('did you mean normalize?');
  });
});
