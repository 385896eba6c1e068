import { Drawing } from '../board/drawing.ts';
import { isFile, type SourceChoice } from '../run/choice.ts';

interface Props {
  readonly source: SourceChoice;
  readonly running: boolean;
  readonly choose: (source: SourceChoice) => void;
  readonly take: (files: readonly File[]) => Promise<void>;
  readonly setRunning: (running: boolean) => void;
}

/** Buttons that choose the source (camera, clip, drawing or file) and start or stop the run. */
export function SourceBar({ source, running, choose, take, setRunning }: Props) {
  const isOwn = isFile(source) && source !== 'sample';
  const isDrawing = source instanceof Drawing;
  return (
    <div class="source-bar" role="group" aria-label="Source">
      <button type="button" class="pick" aria-pressed={running && source === 'camera'} onClick={() => choose('camera')}>
        Camera
      </button>
      <button type="button" class="pick" aria-pressed={running && source === 'sample'} onClick={() => choose('sample')}>
        Sample clip
      </button>
      <button
        type="button"
        class="pick"
        aria-pressed={running && isDrawing}
        // What is drawn stays when it is chosen again.
        onClick={() => choose(isDrawing ? source : new Drawing())}
      >
        Draw a digit
      </button>
      <label class={isOwn && running ? 'pick file chosen' : 'pick file'}>
        <input
          type="file"
          multiple
          accept="video/*,image/*,.json,.bin,.txt,.safetensors,.onnx,.tflite,.h5,.keras,.mkv"
          onChange={({ currentTarget }) => {
            const files = [...(currentTarget.files ?? [])];
            // A person who cancels chooses nothing.
            if (files.length > 0) void take(files);
            // Otherwise choosing the same file again is no change.
            currentTarget.value = '';
          }}
        />
        <span>Your file …</span>
      </label>
      <button type="button" class="main" onClick={() => setRunning(!running)}>
        {running ? 'Stop' : 'Start'}
      </button>
    </div>
  );
}
