import type { SourceChoice } from '../run/choice.ts';

interface Props {
  readonly source: SourceChoice;
  readonly running: boolean;
  readonly choose: (source: SourceChoice) => void;
  readonly take: (files: readonly File[]) => Promise<void>;
  readonly setRunning: (running: boolean) => void;
}

/** Buttons that choose the source (camera, clip or file) and start or stop the run. */
export function SourceBar({ source, running, choose, take, setRunning }: Props) {
  const named = source === 'camera' || source === 'sample' ? undefined : source;
  return (
    <div class="source-bar" role="group" aria-label="Source">
      <button type="button" class="pick" aria-pressed={running && source === 'camera'} onClick={() => choose('camera')}>
        Camera
      </button>
      <button type="button" class="pick" aria-pressed={running && source === 'sample'} onClick={() => choose('sample')}>
        Sample clip
      </button>
      <label class={named && running ? 'pick file chosen' : 'pick file'}>
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
