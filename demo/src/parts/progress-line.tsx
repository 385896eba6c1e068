interface Props {
  readonly title: string;
  /** Changes often, so screen readers ignore it. */
  readonly detail: string;
  readonly value: number;
  /** The value at the end; undefined if it is not known. */
  readonly max: number | undefined;
}

/** The progress of loading or warming up. */
export function ProgressLine({ title, detail, value, max }: Props) {
  return (
    <>
      <span>{title}</span>
      <span class="quiet number" aria-hidden="true">
        {detail}
      </span>
      <progress aria-label={title} {...(max === undefined ? {} : { max, value })} />
    </>
  );
}
