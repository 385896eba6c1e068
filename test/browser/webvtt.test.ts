import { webvttWriter } from 'sluice';
import { expect, it } from 'vitest';
import { NASTY, resultOf, textOf } from '../support/results.ts';

/** The cues that Chromium's own `<track>` reads. */
async function cuesOf(text: string): Promise<VTTCue[]> {
  const video = document.createElement('video');
  const track = document.createElement('track');
  track.default = true;
  track.src = URL.createObjectURL(new Blob([text], { type: 'text/vtt' }));
  const loaded = new Promise((resolve, reject) => {
    track.addEventListener('load', resolve, { once: true });
    track.addEventListener('error', () => reject(new Error('Chromium refused the track')), { once: true });
  });
  video.append(track);
  document.body.append(video);
  track.track.mode = 'hidden';
  await loaded;
  const cues = [...(track.track.cues ?? [])] as VTTCue[];
  video.remove();
  return cues;
}

it('every label is read as text, at its time', async () => {
  const results = NASTY.map((label, i) => ({ ...resultOf(i, label), timestamp: i * 3_700_000_000 + 1_000 }));
  const cues = await cuesOf(textOf(webvttWriter(), results));
  expect(cues.map(({ startTime, endTime }) => [startTime, endTime])).toEqual(
    NASTY.map((_, i) => [i * 3700 + 0.001, (i + 1) * 3700 + 0.001]),
  );
  for (const [i, cue] of cues.entries()) {
    const read = cue.getCueAsHTML();
    // Line ends become spaces; nothing becomes an element.
    expect([read.textContent, read.childElementCount]).toEqual([NASTY[i]?.replaceAll(/[\r\n]+/g, ' '), 0]);
  }
});

it('no results are no cues, and a photo has one of a second', async () => {
  expect(await cuesOf(textOf(webvttWriter(), []))).toEqual([]);
  const [cue, ...more] = await cuesOf(textOf(webvttWriter(), [resultOf(0, 'cat')]));
  expect([cue?.text, cue?.startTime, cue?.endTime, more.length]).toEqual(['cat', 0, 1, 0]);
});
