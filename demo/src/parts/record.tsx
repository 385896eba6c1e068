import { useEffect, useRef, useState } from 'preact/hooks';
import { filter, type Observable } from 'rxjs';
import type { News, NewsOf } from '../run/news.ts';
import { Recorder } from '../save/recorder.ts';
import { saveFile } from '../save/save-file.ts';

interface Props {
  readonly news: Observable<News>;
  readonly running: boolean;
  readonly onProblem: (thrown: unknown) => void;
}

/** Records the frames with their results drawn on them, until the button is pressed, the run ends, or five minutes are over. */
export function Record({ news, running, onProblem }: Props) {
  const recorder = useRef<Recorder | undefined>(undefined);
  const [seconds, setSeconds] = useState<number>();

  const end = () => {
    const ended = recorder.current;
    recorder.current = undefined;
    setSeconds(undefined);
    ended?.finish().then((made) => made && saveFile(made.name, made.content), onProblem);
  };
  const fail = (thrown: unknown) => {
    void recorder.current?.cancel().catch(() => undefined);
    recorder.current = undefined;
    setSeconds(undefined);
    onProblem(thrown);
  };
  useEffect(() => {
    if (!running) end();
  }, [running]);
  useEffect(() => {
    const frames = news.pipe(filter((one): one is NewsOf<'frame'> => one.type === 'frame'));
    const subscription = frames.subscribe(({ picture, ...labelled }) => {
      const at = recorder.current;
      if (!at) return;
      at.add(picture, labelled).catch((thrown: unknown) => at === recorder.current && fail(thrown));
      setSeconds(Math.floor(at.seconds));
      if (at.full) end();
    });
    return () => subscription.unsubscribe();
  }, [news]);

  const recording = seconds !== undefined;
  return (
    <button
      type="button"
      class={recording ? 'record on' : 'record'}
      disabled={!running}
      aria-pressed={recording}
      onClick={() => {
        if (recording) return end();
        recorder.current = new Recorder();
        setSeconds(0);
      }}
    >
      <strong>{recording ? 'Stop and save' : 'Record'}</strong>
      <span>{recording ? `${seconds} s so far` : 'a video with the results drawn on it'}</span>
    </button>
  );
}
