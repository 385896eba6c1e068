interface Props<T extends string> {
  readonly label: string;
  readonly value: T;
  /** The values to choose from, with their texts. */
  readonly options: readonly (readonly [value: T, text: string])[];
  readonly onChange: (value: T) => void;
}

/** A select element with its label above it. */
export function Select<T extends string>({ label, value, options, onChange }: Props<T>) {
  const chosen = options.find(([name]) => name === value)?.[1];
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} title={chosen} onChange={({ currentTarget }) => onChange(currentTarget.value as T)}>
        {options.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
