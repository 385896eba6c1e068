import { expect, it } from 'vitest';
import { withoutScript } from '../../src/sources/own-script.ts';

it('worker processes take over the options of Node, not what it runs', () => {
  const ours = ['--input-type=module', '-e', 'script', '--inspect-brk=0', '--eval', '-1', '--print=x', '--watch', '-i'];
  expect(withoutScript(['--import', 'a.mjs', ...ours, '--max-old-space-size=99'])).toEqual([
    ...['--import', 'a.mjs', '--max-old-space-size=99'],
  ]);
});
