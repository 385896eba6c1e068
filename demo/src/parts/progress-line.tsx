interface Props {
  readonly title: string;
  /** Changes often: for the eye, not to be read out. */
  readonly detail: string;
  readonly value: number;
  /** The whole; undefined where it is not known. */
  readonly max: number | undefined;
}

/** What is being made ready, and how far it is. */
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
