import { expect, it } from 'vitest';
import { freshProcess } from '../support/fresh-process.ts';

/** Runs a script with frames 0, 1, 2 … and gives what it wrote to stderr after the garbage collector had run. */
async function warningsOf(script: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const whole = `
    import { Frame, Lease, frameSource, inOrder, batch } from 'sluice';
    import * as tf from '@tensorflow/tfjs-core';
    const frame = (seq) => Frame.of({ size: seq }, { source: 'clip.mp4', seq, timestamp: seq * 40000 });
    const collect = async () => {
      for (let i = 0; i < 5; i++) {
        await new Promise((next) => setTimeout(next, 5));
        gc();
      }
      await new Promise((next) => setTimeout(next, 5));
    };
    ${script}
    await collect();
    console.log('ran to its end');
  `;
  const { code, stdout, stderr } = await freshProcess(whole, { flags: ['--expose-gc'], env });
  expect(`${code} ${stdout}${code === 0 ? '' : stderr}`).toBe('0 ran to its end\n');
  return stderr;
}

const count = (text: string, word: string) => text.split(word).length - 1;

it('a frame that is collected while it is held warns once, with the place of the retain()', async () => {
  const stderr = await warningsOf(`
    function forgetful(frame) { frame.retain(); frame.release(); }
    for (let seq = 0; seq < 3; seq++) forgetful(frame(seq));
    await collect();
    for (let seq = 3; seq < 6; seq++) forgetful(frame(seq));
  `);
  expect(count(stderr, 'was garbage-collected while it was still held')).toBe(1);
  expect(stderr).toMatch(/^sluice: frame clip\.mp4 #[0-2] at 0\.\d{3} s was garbage-collected/);
  expect(stderr).toContain('at forgetful');
  expect(stderr).not.toContain('Frame.retain');
});

it('names the holder, and the place of the last retain()', async () => {
  const stderr = await warningsOf(`
    function careful(frame) { frame.retain('the careful one'); }
    function forgetful(frame) { frame.retain('the forgetful one'); }
    (() => { const one = frame(0); careful(one); forgetful(one); one.release(); one.release(); })();
  `);
  expect(stderr).toContain('It was retained by the forgetful one:');
  expect(stderr).toContain('at forgetful');
});

it('warns of a frame after the first 100 calls, without a stack', async () => {
  const stderr = await warningsOf(`
    for (let seq = 0; seq < 100; seq++) { const one = frame(seq).retain(); one.release(); one.release(); }
    (() => void frame(100).retain('the last one'))();
  `);
  expect(stderr).toContain('frame clip.mp4 #100');
  expect(stderr.trimEnd()).toMatch(/It was retained by the last one$/);
});

it.each([
  [
    'was released as often as it was retained',
    `(() => { const one = frame(0).retain(); one.release(); one.release(); })();`,
  ],
  ['is held and still in use', `globalThis.kept = frame(0).retain();`],
  ['was never retained', `(() => void frame(0))();`],
  [
    'was held by an operator of sluice when its stream was given up',
    `(() => {
      const arrivals = [0, 1, 2].map((seq) => ({ data: seq, timestamp: seq }));
      const never = frameSource(arrivals, { source: 'list' }).pipe(inOrder(2, () => new Promise(() => undefined)));
      setTimeout(() => never.subscribe().unsubscribe());
    })();`,
  ],
])('does not warn of a frame that %s', async (_what, script) => {
  expect(await warningsOf(script)).toBe('');
});

it('does not warn in production', async () => {
  expect(await warningsOf(`(() => void frame(0).retain())();`, { NODE_ENV: 'production' })).toBe('');
});
