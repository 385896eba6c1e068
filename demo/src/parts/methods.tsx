import type { StageTimes, TimingMethod } from 'sluice';

interface Props {
  readonly stages: readonly StageTimes[];
  readonly total: number;
}

const MEANING: Readonly<Record<TimingMethod, string>> = {
  'device-query': 'time on the GPU, by its own timer',
  'synced-wall': 'time the stage took, by the clock',
  'enqueue-only':
    'time to hand the work to the GPU, which does it later: this browser does not tell how long that takes',
  unavailable: 'not measured',
};

/** The processor's own work, whatever the engine. */
const ENDS = new Set(['preprocess', 'classify']);

/** How the times were obtained: a number is worth no more than that. */
export function Methods({ stages, total }: Props) {
  const used = new Set(stages.filter(({ stage }) => !ENDS.has(stage)).map(({ method }) => method));
  return (
    <p class="methods">
      {total > 0 && <strong>{total.toFixed(1)} ms a frame</strong>}{' '}
      {[...used].map((method) => (
        <span key={method}>
          <code>{method}</code> {MEANING[method]}
        </span>
      ))}
    </p>
  );
}
