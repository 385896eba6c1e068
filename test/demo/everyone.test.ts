import { describe, expect, it } from 'vitest';
import { button, closed, demoPage, label, labelled, open } from './page.ts';
import { violations } from './violations.ts';

demoPage();

const VIEWS = [
  { name: 'phone', viewport: { width: 390, height: 844 } },
  { name: 'desktop', viewport: { width: 1440, height: 900 } },
];

describe.each(VIEWS)('on a $name', ({ viewport }) => {
  it.each(['light', 'dark'] as const)(
    'can be used by everyone, %s: at rest, running, with a stage open',
    async (colorScheme) => {
      const page = await open({ context: { viewport, colorScheme } });
      expect(await violations(page)).toEqual([]);
      await button(page, 'Sample clip').click();
      await labelled(page, 3);
      expect(await violations(page)).toEqual([]);
      await button(page, /^c1 conv2d/).click();
      await page.getByRole('dialog').waitFor();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await button(page, 'Stop').click();
      const nothing = { name: 'holiday.mp4', mimeType: 'video/mp4', buffer: Buffer.from('nothing') };
      await page.locator('input[type=file]').setInputFiles(nothing);
      await page.getByRole('alert').waitFor();
      expect(await violations(page)).toEqual([]);
      // Nothing is wider than the screen.
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    },
  );
});

it('works by keyboard alone', async () => {
  const page = await open({ context: { permissions: ['camera'] } });
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
  const tabTo = async (what: RegExp) => {
    for (let i = 0; i < 60 && !what.test(await focused()); i++) await page.keyboard.press('Tab');
    expect(await focused()).toMatch(what);
  };
  await page.locator('body').press('Home');
  await tabTo(/^Camera/);
  await page.keyboard.press('Enter');
  await label(page).waitFor();
  await tabTo(/^latest/);
  await page.keyboard.press('d');
  await expect.poll(() => page.getByLabel('Policy').inputValue()).toBe('dropNewest');
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowRight');
  await page.getByText('Frames in flight: 2').waitFor();
  await tabTo(/^c1/);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'c1' }).waitFor();
  await page.keyboard.press('Enter');
  await closed(page);
  expect(await focused()).toMatch(/^c1/);
  await tabTo(/^Record/);
  await page.keyboard.press('Space');
  await button(page, /^Stop and save/).waitFor();
});
