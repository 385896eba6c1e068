import { expect, it } from 'vitest';
import { button, choose, count, demoPage, label, labelled, open, problem } from './page.ts';

demoPage('none');

it('says that there is no camera, and then runs on a picture', async () => {
  const page = await open({ model: 'mobilenet-v1', context: { permissions: ['camera'] } });
  await button(page, 'Camera').click();
  await problem(page).filter({ hasText: 'there is no camera: connect one' }).waitFor();
  await button(page, 'Start').waitFor();
  await choose(page, 'test/data/squirrel_cls.jpg');
  await label(page).filter({ hasText: 'fox squirrel' }).waitFor({ timeout: 110_000 });
  expect(await problem(page).count()).toBe(0);
});

it('says that there is no WebGL, and then runs on wasm', async () => {
  const page = await open({
    engine: 'auto',
    before: () => {
      Reflect.deleteProperty(Navigator.prototype, 'gpu');
      for (const { prototype } of [HTMLCanvasElement, OffscreenCanvas]) {
        const getContext = Reflect.get(prototype, 'getContext') as (...given: unknown[]) => unknown;
        Object.assign(prototype, {
          getContext(this: unknown, ...given: unknown[]) {
            return String(given[0]).includes('webgl') ? null : getContext.apply(this, given);
          },
        });
      }
    },
  });
  await page.getByLabel('Engine').selectOption('webgl');
  await button(page, 'Sample clip').click();
  await problem(page).filter({ hasText: 'webgl does not work here' }).filter({ hasText: '“auto”' }).waitFor();
  await page.getByLabel('Engine').selectOption('auto');
  await button(page, 'Start').click();
  await page.getByRole('status').filter({ hasText: 'Running on wasm' }).waitFor();
  await labelled(page, 1);
});

it('keeps the model from before when another can’t be loaded', async () => {
  const page = await open({ expected: /404/ });
  await button(page, 'Sample clip').click();
  await labelled(page, 1);
  await page.route(/weights.*safetensors/, (route) => route.fulfill({ status: 404, body: '' }));
  await page.getByLabel('Model').selectOption('mobilenet-v1');
  await problem(page).filter({ hasText: 'the server answered 404' }).waitFor();
  expect(await page.getByLabel('Model').inputValue()).toBe('lenet5');
  // It still runs.
  await button(page, 'Stop').waitFor();
  await labelled(page, (await count(page, 'labelled')) + 2);
  await page.unroute(/weights.*safetensors/);
  await button(page, 'Try again').click();
  await expect.poll(() => page.getByLabel('Model').inputValue()).toBe('mobilenet-v1');
  await labelled(page, 1);
});
