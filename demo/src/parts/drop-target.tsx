import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { filesOf } from '../run/files-of.ts';

interface Props {
  readonly take: (files: readonly File[]) => Promise<void>;
  readonly onProblem: (thrown: unknown) => void;
  readonly children: ComponentChildren;
}

/** Takes files and folders that are dropped anywhere on the page. */
export function DropTarget({ take, onProblem, children }: Props) {
  const [over, setOver] = useState(false);
  return (
    <div
      class={over ? 'page over' : 'page'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={({ relatedTarget }) => {
        if (!relatedTarget) setOver(false);
      }}
      onDrop={(event) => {
        // A part of the page has taken the files.
        const isTaken = event.defaultPrevented;
        event.preventDefault();
        setOver(false);
        if (event.dataTransfer && !isTaken) filesOf(event.dataTransfer).then(take, onProblem);
      }}
    >
      {children}
      {over && <p class="veil">Drop a video, pictures, or a model with its weights</p>}
    </div>
  );
}
