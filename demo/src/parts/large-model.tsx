import { megabytes, type Bundled } from '../run/bundled.ts';
import { Dialog } from './dialog.tsx';

interface Props {
  readonly model: Bundled;
  readonly onAnswer: (run: boolean) => void;
}

/** Asks before the page loads a model that may need too much memory. */
export function LargeModel({ model, onAnswer }: Props) {
  return (
    <Dialog title={`${model.title} is large`} onClose={() => onAnswer(false)}>
      <p>
        It has {model.parameters.toLocaleString('en')} parameters: {megabytes(model)} MB of memory. The page fills them
        with random values first, and does not respond meanwhile. A phone may run out of memory.
      </p>
      <p>
        <button type="button" class="main" onClick={() => onAnswer(true)}>
          Run it anyway
        </button>
      </p>
    </Dialog>
  );
}
