import { describe, expect, it } from 'vitest';
import { askedFor } from '../../demo/src/run/asked-for.ts';
import { button, demoPage, label, open, problem } from './page.ts';

it.each([
  ['', 'mobilenet-v1', 'auto'],
  ['?model=lenet5&engine=cpu', 'lenet5', 'cpu'],
  ['?engine=webgl', 'mobilenet-v1', 'webgl'],
  ['?model=squeezenet&other=1', 'squeezenet', 'auto'],
])('an address that ends with “%s” asks for %s on %s', (query, model, engine) => {
  expect(askedFor(query)).toEqual({ model, task: 'classification', engine, large: undefined, notice: undefined });
});

it.each([
  ['?model=', 'asks for the model “”, which the page does not have. It has mobilenet-v1, lenet5, '],
  ['?model=LeNet5', 'asks for the model “LeNet5”'],
  [
    '?engine=toString',
    'asks for the engine “toString”, which the page does not have. It has auto, webgpu, webgl, wasm, cpu. The page uses auto.',
  ],
  ['?model=%00&engine=%E0%A4', 'asks for the engine “\ufffd”'],
  [`?model=${'x'.repeat(5000)}`, `“${'x'.repeat(40)}…”`],
])('what the page does not have is not taken, and the page says so: %.40s', (query, text) => {
  const { model, engine, notice } = askedFor(query);
  expect([model, engine]).toEqual(['mobilenet-v1', 'auto']);
  expect(notice).toContain(text);
  expect(notice!.length).toBeLessThan(500);
});

describe('the page', () => {
  demoPage();

  it('begins with what its address asks for', async () => {
    const page = await open({ query: '?model=alexnet-cifar10&engine=cpu' });
    expect([await page.getByLabel('Model').inputValue(), await page.getByLabel('Engine').inputValue()]).toEqual([
      'alexnet-cifar10',
      'cpu',
    ]);
    expect(await page.getByRole('note').count()).toBe(0);
  });

  it('shows what it does not have as text, and begins as usual', async () => {
    const page = await open({ query: `?model=${encodeURIComponent('<img src=x onerror=alert(1)>')}` });
    await page.getByRole('note').filter({ hasText: 'asks for the model “<img src=x onerror=alert(1)>”' }).waitFor();
    expect(await page.getByLabel('Model').inputValue()).toBe('mobilenet-v1');
  });

  it('asks before it loads a large model', async () => {
    const page = await open({ query: '?model=vgg16&engine=wasm' });
    await page.getByRole('dialog', { name: 'VGG16 is large' }).waitFor();
    await page.keyboard.press('Escape');
    await button(page, 'Sample clip').click();
    await label(page).filter({ hasText: 'cockatoo' }).waitFor({ timeout: 110_000 });
    expect(await page.getByLabel('Model').inputValue()).toBe('mobilenet-v1');
    expect(await problem(page).count()).toBe(0);
  });
});
