import { describe, expect, it } from 'vitest';
import { freshProcess, jsonOf } from '../support/fresh-process.ts';

// Every test starts a process: what engine runs is a matter of the whole process.

const imports = `
  import * as tf from '@tensorflow/tfjs-core';
  import { merge, firstValueFrom, toArray, map, NEVER } from 'rxjs';
  import { frameSource, classify, currentEngine, softmax, useEngine } from 'sluice';
  const tell = (value) => console.log(JSON.stringify(value));
  const failure = (promise) => promise.then(() => 'no error', ({ name, code, message }) => ({ name, code, message }));
  const source = (opened = () => {}) => frameSource({
    *[Symbol.iterator]() {
      opened();
      yield { data: tf.tensor2d([[1, 1]]), timestamp: 0 };
    },
  }, { source: 'test' });
  const label = (from) => from.pipe(softmax(), classify(), map(({ classes }) => classes[0].score));
`;

/** A script after which nothing is left behind that wasm's loader puts there. */
const listeners = `
  const count = () => [process.listenerCount('uncaughtException'), process.listenerCount('unhandledRejection')];
`;

/** As in a project that has not installed the package. */
const withoutOnnxRuntime = `
  import { register } from 'node:module';
  const hooks = \`export async function resolve(name, context, next) {
    if (name !== 'onnxruntime-node') return next(name, context);
    throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  }\`;
  register('data:text/javascript,' + encodeURIComponent(hooks));
`;
const NOT_INSTALLED = 'the package onnxruntime-node is not installed: npm install onnxruntime-node';

const brokenWasm = `
  globalThis.WebAssembly = undefined;
  console.warn = console.error = () => {};
`;

describe.concurrent('useEngine', () => {
  it.each(['wasm', 'cpu'])('%s: starts what was asked for, prints nothing, and says so', async (name) => {
    const script = `${imports}
      const before = currentEngine();
      const engine = await useEngine('${name}');
      const sum = tf.add(tf.scalar(1), 2).dataSync()[0];
      tell([before ?? null, engine, currentEngine(), tf.getBackend(), sum]);`;
    const engine = { name, reason: 'asked for' };
    expect(await jsonOf(script)).toEqual([null, engine, engine, name, 3]);
  });

  it.each(["'auto'", ''])('(%s) takes the fastest', async (argument) => {
    expect(await jsonOf(`${imports} tell(await useEngine(${argument}));`)).toEqual({
      name: 'onnxruntime',
      reason: 'the fastest that works here',
    });
  });

  it('auto goes on with wasm where onnxruntime-node is not installed, and says how to add it', async () => {
    expect(await jsonOf(`${withoutOnnxRuntime} ${imports} tell(await useEngine('auto'));`)).toEqual({
      name: 'wasm',
      reason: `the fastest that works here; onnxruntime does not work: ${NOT_INSTALLED}`,
    });
  });

  it('auto falls back to what works, and says what does not', async () => {
    const engine = await jsonOf(`${withoutOnnxRuntime} ${imports} ${brokenWasm} tell(await useEngine('auto'));`);
    expect(engine).toMatchObject({
      name: 'cpu',
      reason: expect.stringMatching(
        /^the fastest that works here; onnxruntime does not work: .+; wasm does not work: ./,
      ),
    });
  });

  it('onnxruntime, asked for but not installed: EngineError that says how to add it', async () => {
    expect(await jsonOf(`${withoutOnnxRuntime} ${imports} tell(await failure(useEngine('onnxruntime')));`)).toEqual({
      name: 'EngineError',
      code: 'engine',
      message: `engine onnxruntime does not work here: ${NOT_INSTALLED}`,
    });
  });

  it('onnxruntime has tfjs beside it, on wasm or else on cpu', async () => {
    const script = (before: string) => `${imports} ${before}
      tell([(await useEngine('onnxruntime')).name, tf.getBackend(), await firstValueFrom(label(source()))]);`;
    expect(await Promise.all([jsonOf(script('')), jsonOf(script(brokenWasm))])).toEqual([
      ['onnxruntime', 'wasm', 0.5],
      ['onnxruntime', 'cpu', 0.5],
    ]);
  });

  it('onnxruntime refuses options it can do nothing with', async () => {
    const script = `${imports}
      const options = [{ threads: 0 }, { threads: 1.5 }, { executionProviders: [] }, { executionProviders: 'cpu' },
        { executionProviders: ['abacus'] }, { runtime: {} }];
      tell(await Promise.all([
        ...options.map((one) => failure(useEngine('onnxruntime', one))),
        failure(useEngine('auto', options[0])),
      ]));`;
    const told = (await jsonOf(script)) as { name: string; message: string }[];
    expect(told.map(({ name }) => name)).toEqual([
      ...['OptionError', 'OptionError', 'OptionError', 'OptionError', 'EngineError', 'OptionError', 'OptionError'],
    ]);
    expect(told.map(({ message }) => message)).toEqual([
      'useEngine: threads must be a whole number of at least 1, not 0',
      'useEngine: threads must be a whole number of at least 1, not 1.5',
      'useEngine: executionProviders must be a list of names, not []',
      'useEngine: executionProviders must be a list of names, not "cpu"',
      expect.stringContaining('abacus'),
      'useEngine: runtime must be the module of onnxruntime-web or onnxruntime-node, not an object',
      'useEngine: threads must be a whole number of at least 1, not 0',
    ]);
  });

  it('refuses options that do not exist: OptionError that names those there are, and nothing starts', async () => {
    const script = `${imports}
      const options = [{ wasmPath: '/wasm/' }, { thread: 2 }, { fast: true }];
      const told = await Promise.all(options.map((one, i) => failure(useEngine(['wasm', 'auto', 'onnxruntime'][i], one))));
      tell([told.map(({ code, message }) => [code, message]), currentEngine() ?? null, tf.getBackend() ?? null]);`;
    const known = 'options are threads, executionProviders, runtime, stageTimes, wasmPaths';
    const told = [
      `useEngine has no option "wasmPath": did you mean wasmPaths? Its ${known}`,
      `useEngine has no option "thread": did you mean threads? Its ${known}`,
      `useEngine has no option "fast"; its ${known}`,
    ];
    expect(await jsonOf(script)).toEqual([told.map((message) => ['option', message]), null, null]);
  });

  it.each([
    ['webgl', 'canvas'],
    ['webgpu', 'WebGPU'],
  ])('%s is not for Node, and says why', async (name, missing) => {
    expect(await jsonOf(`${imports} tell(await failure(useEngine('${name}')));`)).toEqual({
      name: 'EngineError',
      code: 'engine',
      message: `engine ${name} does not work here: there is no ${missing}`,
    });
  });

  it('an engine that was asked for by name is not replaced: EngineError', async () => {
    const script = `${imports} ${brokenWasm} tell([await failure(useEngine('wasm')), await useEngine('cpu')]);`;
    expect(await jsonOf(script)).toEqual([
      { name: 'EngineError', code: 'engine', message: expect.stringMatching(/^engine wasm does not work here: ./) },
      { name: 'cpu', reason: 'asked for' },
    ]);
  });

  it('refuses names that do not exist', async () => {
    const script = `${imports}
      const names = ['webgl9', '', 'WASM', 'toString', null, 7];
      tell(await Promise.all(names.map((name) => failure(useEngine(name)))));`;
    const told = ['"webgl9"', '""', '"WASM"', '"toString"', 'null', '7'];
    expect(await jsonOf(script)).toEqual(
      told.map((name) => ({
        name: 'OptionError',
        code: 'option',
        message: `engine must be one of auto, onnxruntime, webgpu, webgl, wasm, cpu, not ${name}`,
      })),
    );
  });

  it('can be changed: the last one counts, also when nobody waited for the first', async () => {
    const script = `${imports}
      const engines = await Promise.all([useEngine('wasm'), useEngine('cpu'), useEngine('wasm'), useEngine('cpu')]);
      const now = [tf.getBackend(), currentEngine()];
      tell([engines.map(({ name }) => name), ...now, (await useEngine('wasm')).name, tf.getBackend()]);`;
    const cpu = { name: 'cpu', reason: 'asked for' };
    expect(await jsonOf(script)).toEqual([['wasm', 'cpu', 'wasm', 'cpu'], 'cpu', cpu, 'wasm', 'wasm']);
  });

  it('a start that fails does not keep the next from starting', async () => {
    const script = `${imports} ${brokenWasm}
      const [refused, engine] = await Promise.all([failure(useEngine('wasm')), useEngine('cpu')]);
      tell([refused.name, engine.name]);`;
    expect(await jsonOf(script)).toEqual(['EngineError', 'cpu']);
  });

  it('currentEngine knows nothing of a backend that somebody else set', async () => {
    const script = `${imports}
      await useEngine('wasm');
      await import('@tensorflow/tfjs-backend-cpu');
      await tf.setBackend('cpu');
      tell(currentEngine() ?? null);`;
    expect(await jsonOf(script)).toBeNull();
  });
});

describe.concurrent('process listeners', () => {
  it('of the wasm loader are not left behind', async () => {
    const script = `${imports} ${listeners}
      const before = count();
      await useEngine('wasm');
      tell([before, count()]);`;
    const [before, after] = (await jsonOf(script)) as [number[], number[]];
    expect(after).toEqual(before);
  });

  it('of others stay, also those that came while the engine started', async () => {
    const script = `${imports} ${listeners}
      const mine = () => {};
      process.on('uncaughtException', mine);
      const starting = useEngine('wasm');
      const meanwhile = setInterval(() => {
        process.on('uncaughtException', function late(error) { console.log(error); });
        process.on('unhandledRejection', (reason) => { throw reason; });
      }, 0);
      await new Promise((resolve) => setTimeout(resolve, 5));
      clearInterval(meanwhile);
      const before = count();
      await starting;
      tell([before, count(), process.listeners('uncaughtException').includes(mine)]);`;
    const [before, after, kept] = (await jsonOf(script)) as [number[], number[], boolean];
    expect(before[0]).toBeGreaterThan(1);
    expect(after).toEqual(before);
    expect(kept).toBe(true);
  });

  it('so that an error nobody caught is printed as it is', async () => {
    const script = `${imports} await useEngine('wasm'); setTimeout(() => { throw new Error('mine'); });`;
    const { code, stderr } = await freshProcess(script);
    expect(code).toBe(1);
    expect(stderr).toContain('Error: mine');
    expect(stderr.length).toBeLessThan(2000);
  });
});

describe.concurrent('a pipe that is subscribed to before any engine was chosen', () => {
  it('chooses one itself', async () => {
    const script = `${imports} tell([await firstValueFrom(label(source())), currentEngine()]);`;
    expect(await jsonOf(script)).toEqual([0.5, { name: 'onnxruntime', reason: 'the fastest that works here' }]);
  });

  it('and another one at the same time: both run on the same, the fastest', async () => {
    const script = `${imports}
      const scores = await firstValueFrom(merge(label(source()), label(source()), label(source())).pipe(toArray()));
      tell([scores, currentEngine()]);`;
    expect(await jsonOf(script)).toEqual([
      [0.5, 0.5, 0.5],
      { name: 'onnxruntime', reason: 'the fastest that works here' },
    ]);
  });

  it('waits for the one that is being started', async () => {
    const script = `${imports}
      const starting = useEngine('cpu');
      tell([await firstValueFrom(label(source())), currentEngine(), (await starting).name]);`;
    expect(await jsonOf(script)).toEqual([0.5, { name: 'cpu', reason: 'asked for' }, 'cpu']);
  });

  it('leaves alone a backend that was set by hand', async () => {
    const script = `${imports}
      await import('@tensorflow/tfjs-backend-cpu');
      await tf.setBackend('cpu');
      tell([await firstValueFrom(label(source())), tf.getBackend(), currentEngine() ?? null]);`;
    const { stdout, code } = await freshProcess(script);
    expect(code).toBe(0);
    // tfjs's own advice may stand before it.
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toEqual([0.5, 'cpu', null]);
  });

  it('and left before there is one, never opens its source', async () => {
    const script = `${imports}
      let opened = 0;
      label(source(() => opened++)).subscribe().unsubscribe();
      await useEngine('auto');
      await new Promise((resolve) => setTimeout(resolve, 20));
      tell([opened, tf.memory().numTensors]);`;
    expect(await jsonOf(script)).toEqual([0, 0]);
  });

  it('has the reason on the stream when none works', async () => {
    const script = `${imports} ${brokenWasm}
      Object.defineProperty(tf.engine(), 'setBackend', { value: async () => false });
      tell(await failure(firstValueFrom(label(source()))));`;
    expect(await jsonOf(script)).toEqual({
      name: 'EngineError',
      code: 'engine',
      message:
        'no engine works here: onnxruntime does not work: its backend did not start; wasm does not work: its backend did not start; cpu does not work: its backend did not start',
    });
  });
});
