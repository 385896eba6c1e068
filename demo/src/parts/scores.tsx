import type { Classification } from 'sluice';

/** The label, and the best scores as bars. */
export function Scores({ result }: { readonly result: Classification | undefined }) {
  const [best] = result?.classes ?? [];
  return (
    <div class="scores">
      <p class="label" aria-live="polite">
        {best?.label ?? 'Nothing yet'}
      </p>
      <ol>
        {(result?.classes ?? []).map(({ index, label, score }) => (
          <li key={index}>
            <span>{label}</span>
            <meter min={0} max={1} value={score} aria-label={label} />
            <span class="number">{(100 * score).toFixed(0)} %</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
