import { it } from 'vitest';
import { button, demoPage, labelled, open } from './page.ts';

// The page, cross-origin isolated, under its own policy alone.

demoPage('none', {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
});

it('computes on several threads under its own policy', async () => {
  const page = await open({ before: () => Object.defineProperty(navigator, 'hardwareConcurrency', { value: 4 }) });
  await button(page, 'Sample clip').click();
  await page.getByRole('status').filter({ hasText: 'on 2 threads' }).waitFor();
  await labelled(page, 2);
});
