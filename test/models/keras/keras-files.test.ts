import { useEngine } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { compute, expectClose } from '../../support/compute.ts';
import { EXPECTED, fixture, pipelineIn } from './fixtures.ts';

beforeAll(() => useEngine('cpu'));

describe('files of Keras, computed by numpy', () => {
  it.each(Object.keys(EXPECTED))('%s', (name) => {
    const { input, shape, output } = EXPECTED[name] as (typeof EXPECTED)[string];
    const net = pipelineIn(name, fixture(name), { onWarning: (message) => expect.fail(message) });
    const result = compute(net, { shape: [1, ...shape], data: [...input] });
    expectClose(result, { shape: [1, output.length], data: [...output] }, 1e-5);
  });
});
