import {
  EngineError,
  FrameReleasedError,
  OptionError,
  ShapeError,
  SluiceError,
  SourceError,
  StageError,
  WeightsError,
} from 'sluice';
import { expect, it } from 'vitest';
import { toError, toMessage } from '../../src/worker/error-message.ts';

const frame = { source: 'clip.mp4', seq: 3, timestamp: 120_000 };
/** There and back, as between two threads. */
const sent = (thrown: unknown) => toError(structuredClone(toMessage(thrown)));

it.each([
  new EngineError('no engine works here'),
  new FrameReleasedError('read', frame),
  new OptionError('top must be a whole number', { stage: 'classify' }),
  new ShapeError('dense needs [batch, n]', { stage: 'dense', frame }),
  new StageError('conv2d', frame, 'a text'),
  new WeightsError('cut short'),
  new SluiceError('locked', 'something else', { frame }),
])('$name keeps its class, text, code, stage and frame', (error) => {
  const back = sent(error) as SluiceError;
  expect(back).toBeInstanceOf(error.constructor);
  expect(Object.getPrototypeOf(back)).toBe(Object.getPrototypeOf(error));
  for (const key of ['name', 'message', 'code', 'stage', 'frame', 'stack'] as const) {
    expect(back[key], key).toEqual(error[key]);
  }
});

it('keeps what lay beneath, however deep', () => {
  const back = sent(
    new StageError('net', frame, new ShapeError('too small', { cause: new TypeError('not a number') })),
  );
  const { cause } = back as { cause: SluiceError };
  expect(cause).toBeInstanceOf(ShapeError);
  expect(cause.message).toBe('too small');
  expect(cause.cause).toBeInstanceOf(Error);
  expect(cause.cause).toMatchObject({ name: 'TypeError', message: 'not a number' });
});

it('has no cause where there was none', () => {
  expect(sent(new OptionError('x'))).not.toHaveProperty('cause', expect.anything());
});

it('an error of no known code is a SluiceError with that code', () => {
  const back = sent(new SourceError('permission', 'allow it'));
  expect(back.constructor).toBe(SluiceError);
  expect(back).toMatchObject({ code: 'permission', message: 'allow it' });
  expect(sent(new SluiceError('constructor' as never, 'no key of a prototype')).constructor).toBe(SluiceError);
});

it.each([
  [new RangeError('out of range'), 'RangeError'] as const,
  ['a text', 'Error'] as const,
  [undefined, 'Error'] as const,
])('what is no error of ours: %s', (thrown, name) => {
  const back = sent(thrown);
  expect(back).toBeInstanceOf(Error);
  expect(back).not.toBeInstanceOf(SluiceError);
  expect(back.name).toBe(name);
  expect(back.message).toBe(thrown instanceof Error ? thrown.message : String(thrown));
});
