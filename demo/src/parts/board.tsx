import type { Observable } from 'rxjs';
import { PEN, SIDE, type Drawing } from '../board/drawing.ts';
import { pathOf } from '../board/path-of.ts';
import { useKeys } from '../board/use-keys.ts';
import { usePointer } from '../board/use-pointer.ts';
import { useStrokes } from '../board/use-strokes.ts';
import type { News } from '../run/news.ts';
import { useNews } from '../run/use-news.ts';
import { Label } from './label.tsx';

interface Props {
  readonly news: Observable<News>;
  readonly drawing: Drawing;
  readonly running: boolean;
  /** The model has random weights: its results mean nothing. */
  readonly random: boolean;
}

/** A board to draw on, in place of the screen, with the label of what is drawn. */
export function Board({ news, drawing, running, random }: Props) {
  const strokes = useStrokes(drawing);
  const found = useNews(news, 'result');
  const pointer = usePointer(drawing);
  const { pen, hide, handlers } = useKeys(drawing);
  const isEmpty = strokes.length === 0;
  const [best] = found && !isEmpty ? found.task.captions(found.result) : [];
  return (
    <figure class="board">
      <div class="paper">
        <svg
          viewBox={`0 0 ${SIDE} ${SIDE}`}
          stroke-width={PEN}
          role="application"
          tabIndex={0}
          aria-label="Drawing board for a digit"
          aria-describedby="board-help"
          {...handlers}
          {...pointer}
          onPointerDown={(event) => {
            hide();
            pointer.onPointerDown(event);
          }}
        >
          <path class="ink" d={pathOf(strokes)} />
          {pen && <circle class={pen.isDown ? 'pen down' : 'pen'} cx={pen.x} cy={pen.y} r={PEN / 2} />}
        </svg>
        {isEmpty && <p class="hint">Draw a digit from 0 to 9</p>}
      </div>
      <figcaption>
        <div class="read">
          <Label best={best} random={random} />
        </div>
        <div class="answers">
          <button type="button" onClick={() => drawing.undo()}>
            Undo
          </button>
          <button type="button" onClick={() => drawing.clear()}>
            Clear
          </button>
        </div>
        {!running && <p>The model is stopped: press “Start” to read what you draw.</p>}
        <p class="quiet" id="board-help">
          Draw with a mouse, a finger or a stylus. By keyboard: the arrow keys move the pen, and draw with Shift. Space
          puts the pen down, or lifts it. Backspace takes the last stroke back, and Escape clears the board.
        </p>
      </figcaption>
    </figure>
  );
}
