import { megabytes, type Bundled } from '../run/networks.ts';
import { Dialog } from './dialog.tsx';

interface Props {
  readonly network: Bundled;
  readonly onAnswer: (run: boolean) => void;
}

/** Asks before a network is loaded that may be too much for the machine. */
export function LargeNetwork({ network, onAnswer }: Props) {
  return (
    <Dialog title={`${network.title} is large`} onClose={() => onAnswer(false)}>
      <p>
        It has {network.parameters.toLocaleString('en')} parameters: {megabytes(network)} MB of memory, which are drawn
        at random before it runs. That takes a while, the page stands still meanwhile, and a phone may not manage it at
        all.
      </p>
      <p>
        <button type="button" class="main" onClick={() => onAnswer(true)}>
          Run it anyway
        </button>
      </p>
    </Dialog>
  );
}
