import { useMemo } from 'preact/hooks';
import type { Network, TimingReport } from 'sluice';

interface Props {
  readonly network: Network | undefined;
  readonly report: TimingReport | undefined;
}

/** The pipeline as it runs: each stage with what it gives and what it takes, one after another. */
export function Stages({ network, report }: Props) {
  const shapes = useMemo(
    () =>
      new Map(
        network?.pipeline.summary().rows.map(({ stage, outputShape }) => [stage, outputShape.slice(1).join('×')]),
      ),
    [network],
  );
  const total = report?.stages.reduce((sum, { p50 }) => sum + p50, 0) ?? 0;
  let before = 0;
  return (
    <div class="stages">
      <h2>The pipeline</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">stage</th>
            <th scope="col">gives</th>
            <th scope="col">median, 95 % (ms)</th>
            <th scope="col">when</th>
          </tr>
        </thead>
        <tbody>
          {(report?.stages ?? []).map(({ stage, p50, p95 }) => {
            const left = total > 0 ? (100 * before) / total : 0;
            before += p50;
            return (
              <tr key={stage}>
                <th scope="row">{stage}</th>
                <td>{shapes.get(stage) ?? ''}</td>
                <td class="number">
                  {p50.toFixed(2)}, {p95.toFixed(2)}
                </td>
                <td class="bar">
                  <span
                    style={{ marginLeft: `${left}%`, width: `${total > 0 ? Math.max(0.5, (100 * p50) / total) : 0}%` }}
                  />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
