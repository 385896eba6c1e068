import { currentEngine, useEngine } from 'sluice';
import { expect, it } from 'vitest';
import { WASM_PATHS } from './support/wasm-paths.ts';

// In a page of its own: the backend remembers that it did not start.

it('an engine whose files are not where they are said to be is an EngineError that names file, URL and option', async () => {
  const failure: unknown = await useEngine('wasm', { wasmPaths: '/nowhere/?token=secret/' }).catch((error) => error);
  expect(failure).toMatchObject({ code: 'engine' });
  const { message } = failure as Error;
  expect(message).toContain('engine wasm does not work here: its file tfjs-backend-wasm');
  expect(message).toContain(`is not at ${location.origin}/nowhere/`);
  expect(message).toContain('wasmPaths');
  expect(message).not.toContain('secret');
  expect(await useEngine('cpu')).toMatchObject({ name: 'cpu' });
  expect(currentEngine()?.name).toBe('cpu');
});

it('starts with the right paths after it failed with wrong ones', async () => {
  await expect(useEngine('wasm', { wasmPaths: '/nowhere/' })).rejects.toMatchObject({ code: 'engine' });
  await expect(useEngine('wasm')).rejects.toMatchObject({ code: 'engine' });
  expect(await useEngine('wasm', { wasmPaths: WASM_PATHS })).toMatchObject({ name: 'wasm' });
});
