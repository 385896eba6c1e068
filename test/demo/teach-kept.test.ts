import type { Dialog, Page } from 'playwright';
import { expect, it } from 'vitest';
import { button, demoPage, open, problem, ready } from './page.ts';
import { add, card, counted, input, openCard, pictures, result, row, teach, theModel } from './teaching.ts';

demoPage();

const note = (page: Page) => card(page).getByRole('note');

/** Loads the page again, and opens the card. */
async function reload(page: Page): Promise<void> {
  // Where something would be lost, the browser asks.
  const answer = (dialog: Dialog) => void dialog.accept();
  page.on('dialog', answer);
  await page.reload();
  page.off('dialog', answer);
  await ready(page);
  await button(page, 'Teach it your classes').click();
  await card(page).waitFor();
}

/** Opens the card, adds an example, and tries to keep it. */
async function keepOne(before: () => void): Promise<Page> {
  const page = await openCard({ before });
  expect(await button(page, 'Keep in this browser').isDisabled()).toBe(true);
  await add(page, 'Class 1', pictures('disc', 1));
  await counted(page, 'Class 1', 1);
  await button(page, 'Keep in this browser').click();
  return page;
}

it('is there after the page is loaded again, goes on from there, and can be forgotten', async () => {
  const page = await openCard();
  expect(await button(page, 'Open what is kept').count()).toBe(0);
  await teach(page, 2);
  await button(page, 'Keep in this browser').click();
  await note(page).filter({ hasText: 'This browser keeps the classes' }).waitFor();
  await reload(page);
  await counted(page, 'Class 1', 0);
  await button(page, 'Open what is kept').click();
  await note(page).filter({ hasText: 'Opened what was kept on' }).waitFor();
  await counted(page, 'disc', 2);
  expect(await row(page, 'stripes').locator('.thumbnails canvas').count()).toBe(2);
  await theModel(page, 'taught: disc, stripes');
  expect(await result(page).textContent()).toMatch(/learned from\.\s*$/);
  await input(page, 2).fill('lines');
  await add(page, 'lines', pictures('stripes', 1, 9));
  await counted(page, 'lines', 3);
  await button(page, 'Train').click();
  await theModel(page, 'taught: disc, lines');
  await button(page, 'Forget').click();
  await note(page).filter({ hasText: 'Nothing is kept any more.' }).waitFor();
  expect(await button(page, 'Open what is kept').count()).toBe(0);
  await counted(page, 'lines', 3);
  await reload(page);
  expect(await button(page, 'Open what is kept').count()).toBe(0);
});

it('the browser asks before examples are lost that are kept nowhere', async () => {
  const page = await openCard();
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    // The page stays.
    void dialog.dismiss();
  });
  const close = () => page.evaluate(() => location.reload());
  await add(page, 'Class 1', pictures('disc', 1));
  await counted(page, 'Class 1', 1);
  // Browsers ask only where the user has done something.
  await card(page).getByRole('heading').first().click();
  await close();
  await expect.poll(() => asked).toEqual(['beforeunload']);
  await counted(page, 'Class 1', 1);
  await button(page, 'Keep in this browser').click();
  await note(page).filter({ hasText: 'This browser keeps the classes' }).waitFor();
  await Promise.all([page.waitForEvent('load'), close()]);
  expect(asked).toEqual(['beforeunload']);
});

it('needs a browser that keeps something', async () => {
  const page = await keepOne(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('The operation is insecure.', 'SecurityError');
    };
  });
  await problem(page).filter({ hasText: 'It can’t be kept' }).filter({ hasText: 'as in a private window' }).waitFor();
  await counted(page, 'Class 1', 1);
});

it('needs room', async () => {
  const page = await keepOne(() => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
  });
  await problem(page).filter({ hasText: 'The browser has no room for it. Remove examples' }).waitFor();
  expect(await button(page, 'Open what is kept').count()).toBe(0);
});

it('says that a newer page has kept it', async () => {
  const page = await open();
  await page.evaluate(
    () =>
      new Promise<void>((done) => {
        const request = indexedDB.open('sluice-teach', 7);
        request.addEventListener('success', () => {
          request.result.close();
          done();
        });
      }),
  );
  await button(page, 'Teach it your classes').click();
  await add(page, 'Class 1', pictures('disc', 1));
  await counted(page, 'Class 1', 1);
  await button(page, 'Keep in this browser').click();
  await problem(page).filter({ hasText: 'A newer version of this page kept it. Reload the page.' }).waitFor();
});

it.each([
  ['of another version', { version: 99 }, 'Another version of this page kept it'],
  ['that is damaged', { version: 1, classes: [{ name: 'cat' }] }, 'What is kept is damaged'],
])('says what to do about something %s', async (_, kept, said) => {
  const page = await keepOne(() => undefined);
  await note(page).filter({ hasText: 'This browser keeps' }).waitFor();
  await page.evaluate(
    (value) =>
      new Promise<void>((done) => {
        const request = indexedDB.open('sluice-teach', 1);
        request.addEventListener('success', () => {
          const transaction = request.result.transaction('lessons', 'readwrite');
          transaction.objectStore('lessons').put(value, 'kept');
          transaction.addEventListener('complete', () => {
            request.result.close();
            done();
          });
        });
      }),
    kept,
  );
  await button(page, 'Open what is kept').click();
  await problem(page).filter({ hasText: said }).filter({ hasText: 'Press “Forget” to make room.' }).waitFor();
  await counted(page, 'Class 1', 1);
  await button(page, 'Forget').click();
  await button(page, 'Open what is kept').waitFor({ state: 'detached' });
});
