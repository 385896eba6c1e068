import type { Engine, LedgerCounts, Percentiles } from 'sluice';

interface Props {
  readonly counts: LedgerCounts | undefined;
  readonly latency: Percentiles | undefined;
  readonly engine: Engine | undefined;
}

/** The account: where every frame went. */
export function Gate({ counts, latency, engine }: Props) {
  const dropped = Object.entries(counts?.dropped ?? {}).filter(([, count]) => count > 0);
  const rows: readonly [string, number | string][] = [
    ['frames', counts?.produced ?? 0],
    ['labelled', counts?.delivered ?? 0],
    ['in flight', counts?.inFlight ?? 0],
    ...dropped.map(([cause, count]): [string, number] => [`dropped: ${cause}`, count]),
    ['failed', counts?.failed ?? 0],
    ['latency, median', latency ? `${latency.p50.toFixed(0)} ms` : '–'],
    ['latency, 95 %', latency ? `${latency.p95.toFixed(0)} ms` : '–'],
  ];
  return (
    <div class="gate">
      <h2>The gate</h2>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {engine && (
        <p class="engine">
          on {engine.name}: {engine.reason}
        </p>
      )}
    </div>
  );
}
