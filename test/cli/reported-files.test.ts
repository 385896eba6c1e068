import { lastValueFrom } from 'rxjs';
import { inOrder, SluiceError } from 'sluice';
import { expect, it } from 'vitest';
import { ReportedFiles } from '../../src/cli/commands/reported-files.ts';
import type { Progress } from '../../src/cli/progress/progress.ts';
import { namedSources } from '../../src/sources/source-name.ts';
import { tiny } from '../support/sluice.ts';

function files(): { readonly reported: ReportedFiles; readonly said: string[] } {
  const said: string[] = [];
  const nothing = (): void => undefined;
  const progress: Progress = {
    ...{ start: nothing, update: nothing, done: nothing, stop: nothing },
    say: (line) => void said.push(line),
  };
  return { reported: new ReportedFiles({ quiet: true }, progress), said };
}

it('says of the first five frames why they failed, and counts all of them', async () => {
  const { reported, said } = files();
  const source = reported.open(namedSources([tiny()]), 0);
  const failing = source.pipe(inOrder(1, () => Promise.reject(new Error('too\ndark'))));
  await lastValueFrom(failing, { defaultValue: undefined });
  expect(reported.failedFrames).toBe(10);
  expect(said).toHaveLength(6);
  expect(said[0]).toMatch(/^sluice: warning: .*too\\ndark/);
  expect(said[5]).toBe('sluice: warning: more frames failed, which are only counted');
});

it('says why a file failed, on one line', () => {
  const { reported, said } = files();
  reported.fileFailed('a.mp4', new SluiceError('output', 'no\nfile'));
  expect([reported.failedFiles, said]).toEqual([1, ['sluice: error: no\\nfile']]);
});
