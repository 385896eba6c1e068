import { describe, expect, it } from 'vitest';
import { toNdjson, type Classification, type FrameResult } from 'sluice';

const result: FrameResult<Classification> = {
  source: 'clip.mp4',
  seq: 3,
  timestamp: 120_000,
  classes: [
    { index: 336, label: 'fox squirrel', score: 0.95254321 },
    { index: 1, label: "a 'tench'", score: 1e-9 },
  ],
  timings: [
    { stage: 'conv0', startMs: 5, waitMs: 0.1, submitMs: 1.23456, deviceMs: 1.2, method: 'synced-wall' },
    { stage: 'softmax', startMs: 6, waitMs: 0, submitMs: 0.00049, method: 'enqueue-only' },
  ],
  latencyMs: 20,
};

describe('toNdjson', () => {
  it('writes the keys in their order, and scores with six decimals', () => {
    expect(toNdjson(result)).toBe(
      `{"source":"clip.mp4","seq":3,"timestamp":120000,"classes":[` +
        `{"index":336,"label":"fox squirrel","score":0.952543},{"index":1,"label":"a 'tench'","score":0}]}\n`,
    );
  });

  it('adds the stages when asked for, with null where the device could not be timed', () => {
    const line = toNdjson(result, { timings: true });
    expect(line).toContain(
      `,"timings":[{"stage":"conv0","submitMs":1.235,"deviceMs":1.2,"method":"synced-wall"},` +
        `{"stage":"softmax","submitMs":0,"deviceMs":null,"method":"enqueue-only"}]}\n`,
    );
    expect(JSON.parse(line)).toMatchObject(JSON.parse(toNdjson(result)));
  });

  it.each(['two\nlines', 'tab\tquote"back\\slash', '\u2028\u0000', '鹦鹉 🦜', '</script>'])(
    'is one line for %j',
    (source) => {
      const line = toNdjson({ ...result, source, classes: [{ index: 0, label: source, score: 1 }] });
      expect(line.indexOf('\n')).toBe(line.length - 1);
      expect(JSON.parse(line)).toMatchObject({ source, classes: [{ label: source }] });
    },
  );

  it('has an empty list where no class was good enough', () => {
    expect(toNdjson({ ...result, classes: [] })).toContain('"classes":[]}');
  });

  it('writes whole numbers of microseconds beyond 32 bits', () => {
    expect(toNdjson({ ...result, timestamp: 86_400_000_000 })).toContain('"timestamp":86400000000,');
  });
});
