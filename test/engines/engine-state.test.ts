import { EngineError } from 'sluice';
import { beforeEach, describe, expect, it } from 'vitest';
import { engineState } from '../../src/engines/engine-state.ts';

const wasm = { engine: { name: 'wasm', reason: 'asked for' }, backend: 'wasm' } as const;
const webgl = { engine: { name: 'webgl', reason: 'the fastest that works here' }, backend: 'webgl' } as const;
const byName = { name: 'wasm', options: { threads: 2 } } as const;
const auto = { name: 'auto', options: {} } as const;

beforeEach(() => engineState.forgetLosses());

describe('the state of the engine', () => {
  it('is empty before an engine was chosen', () => {
    expect([engineState.current, engineState.request, engineState.error]).toEqual([undefined, undefined, undefined]);
  });

  it('is what was started last, and what it was chosen by', () => {
    engineState.started(wasm, byName);
    engineState.started(webgl, auto);
    expect([engineState.current, engineState.request, engineState.error]).toEqual([webgl, auto, undefined]);
  });

  it('keeps what the engine was chosen by when it is restarted', () => {
    engineState.started(webgl, auto);
    const again = { ...webgl, engine: { ...webgl.engine, reason: 'restarted' } };
    engineState.restarted(again);
    expect([engineState.current, engineState.request]).toEqual([again, auto]);
  });

  it('has no engine but an error when it broke, until another is started', () => {
    const error = new EngineError('it no longer works');
    engineState.started(webgl, auto);
    engineState.broke(error);
    expect([engineState.current, engineState.error]).toEqual([undefined, error]);
    engineState.started(wasm, byName);
    expect([engineState.current, engineState.error]).toEqual([wasm, undefined]);
  });
});

describe('losses of a GPU', () => {
  it('are counted over a minute, for each backend', () => {
    expect([0, 30_000, 59_999].map((at) => engineState.lost('webgl', at))).toEqual([1, 2, 3]);
    expect(engineState.lost('webgpu', 59_999)).toBe(1);
    expect(engineState.lost('webgl', 60_000)).toBe(3);
    expect(engineState.lost('webgl', 200_000)).toBe(1);
  });

  it('are forgotten when an engine is chosen', () => {
    engineState.lost('webgl', 0);
    engineState.forgetLosses();
    expect(engineState.lost('webgl', 1)).toBe(1);
  });
});

describe('starts of engines', () => {
  it('run one after the other, in the order in which they were asked for', async () => {
    const log: string[] = [];
    const start = (name: string, turns: number) => async () => {
      log.push(`${name} starts`);
      for (let i = 0; i < turns; i++) await Promise.resolve();
      log.push(`${name} runs`);
      return name;
    };
    const both = await Promise.all([engineState.inTurn(start('a', 9)), engineState.inTurn(start('b', 0))]);
    expect(both).toEqual(['a', 'b']);
    expect(log).toEqual(['a starts', 'a runs', 'b starts', 'b runs']);
  });

  it('one that fails rejects, and the next one starts all the same', async () => {
    const failing = engineState.inTurn(() => Promise.reject(new EngineError('no')));
    const next = engineState.inTurn(() => Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    await expect(next).resolves.toBe('yes');
  });
});
