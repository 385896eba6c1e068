import { useEngine } from 'sluice';
import { expect, it } from 'vitest';

// In a page of its own: the backend remembers that it did not start.

it('an engine whose files are not where they are said to be is an EngineError', async () => {
  await expect(useEngine('wasm', { wasmPaths: '/nowhere/' })).rejects.toMatchObject({
    code: 'engine',
    message: expect.stringContaining('engine wasm does not work here') as unknown,
  });
  expect(await useEngine('cpu')).toMatchObject({ name: 'cpu' });
});
