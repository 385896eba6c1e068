import { labelFiles } from 'sluice/node';
import { describe, expect, it } from 'vitest';
import { differences, digestOf, manifestOf, type ManifestSources } from '../../src/batch/manifest.ts';

function job(options: object) {
  const sources = {
    inputs: [],
    options: { model: 'lenet5', taskOptions: {}, engine: 'auto', ...options },
    ready: { engine: { name: 'cpu' }, batch: 1 },
    ffmpeg: { version: '7' },
    version: '0',
  } as unknown as ManifestSources;
  return manifestOf(sources);
}

describe('hwaccel and the identity of a job', () => {
  it('none is the default', () => {
    expect(job({ hwaccel: 'none' })).toEqual(job({}));
  });

  it('a device makes it another job, and the difference is named', () => {
    expect(digestOf(job({ hwaccel: 'vaapi' }))).not.toBe(digestOf(job({})));
    expect(differences(job({}), job({ hwaccel: 'auto' }))).toEqual(['hwaccel was not given and is "auto"']);
  });
});

it.each([[''], ['-i'], [3]])('labelFiles refuses hwaccel: %j at once', (hwaccel) => {
  expect(() => labelFiles(['a.mp4'], { hwaccel: hwaccel as never })).toThrow(/hwaccel must be auto, none or a name/);
});
