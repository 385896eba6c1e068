import type { StageTimes, TimingMethod } from 'sluice';

interface Props {
  /** The times of the model's own stages. */
  readonly stages: readonly StageTimes[];
  /** The time that a frame takes, in ms. */
  readonly total: number;
}

const MEANING: Readonly<Record<TimingMethod, string>> = {
  'device-query': 'time on the GPU, measured by the GPU',
  'synced-wall': 'time from the start of the stage to its end',
  'enqueue-only':
    'time to queue the work on the GPU, which computes later: this browser can’t measure the computation itself',
  unavailable: 'not measured',
};

/** The time of a frame, and how the times were measured. */
export function Methods({ stages, total }: Props) {
  const used = new Set(stages.map(({ method }) => method));
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
