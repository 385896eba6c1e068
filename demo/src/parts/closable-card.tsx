import type { ComponentChildren, RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

interface Props {
  /** The name of its class in stylesheets, and of its heading. */
  readonly name: string;
  readonly title: string;
  /** Gets the heading, which has the focus when the card is opened. */
  readonly heading: RefObject<HTMLHeadingElement | null>;
  readonly hidden: boolean;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A card with a button that closes it. What it holds stays while it is hidden. */
export function ClosableCard({ name, title, heading, hidden, onClose, children }: Props) {
  useEffect(() => {
    if (!hidden) heading.current?.focus();
  }, [hidden]);
  return (
    <section class={`card closable ${name}`} aria-labelledby={name} hidden={hidden}>
      <header>
        <h2 id={name} ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </header>
      {children}
    </section>
  );
}
