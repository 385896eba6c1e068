import { useRef, useState } from 'preact/hooks';

/** A card that a button opens. What it holds stays when it is closed. */
export function useCard() {
  const [state, setState] = useState<'open' | 'closed'>();
  const button = useRef<HTMLButtonElement>(null);
  return {
    /** Undefined before it is opened for the first time. */
    state,
    /** Of the button that opens it. */
    button,
    open: () => setState('open'),
    close: () => {
      setState('closed');
      button.current?.focus();
    },
    /** Its code did not come. */
    remove: () => setState(undefined),
  };
}
