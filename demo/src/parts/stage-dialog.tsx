import { useMemo, useState } from 'preact/hooks';
import type { Observable } from 'rxjs';
import type { News } from '../run/news.ts';
import { describeShape, weightsOf, type StageFacts } from '../run/stage-facts.ts';
import { Dialog } from './dialog.tsx';
import { Facts, type Fact } from './facts.tsx';
import { FeatureMaps } from './feature-maps.tsx';
import { WeightView } from './weight-view.tsx';

interface Props {
  readonly news: Observable<News>;
  readonly stage: StageFacts;
  readonly onClose: () => void;
}

const PIECE = 64;

const many = (count: number) => count.toLocaleString('en');

/** A stage in detail: the facts about it, all its channels, and its weights. */
export function StageDialog({ news, stage, onClose }: Props) {
  const { name, op, input, output, parameters, macs, settings } = stage;
  const channels = output.length === 4 ? (output[3] ?? 1) : 1;
  const [shown, setShown] = useState(Math.min(PIECE, channels));
  const weights = useMemo(() => weightsOf(stage), [stage]);
  const facts: readonly Fact[] = [
    ['operation', op],
    ['input', describeShape(input)],
    ['output', describeShape(output)],
    ['parameters', many(parameters)],
    ['multiplications per frame', many(macs)],
    ...settings,
  ];
  return (
    <Dialog title={name} onClose={onClose}>
      <Facts facts={facts} />
      <h3>
        {output.length === 4
          ? `Output: ${channels} channels${shown < channels ? `, the first ${shown}` : ''}`
          : `Output: ${many(output.at(-1) ?? 0)} values, row by row`}
      </h3>
      <div class={channels > 1 ? 'channels' : 'channels single'}>
        <FeatureMaps key={shown} news={news} stage={name} channels={Array.from({ length: shown }, (_, i) => i)} />
      </div>
      {shown < channels && (
        <button type="button" onClick={() => setShown(Math.min(channels, shown + PIECE))}>
          Show more channels
        </button>
      )}
      <h3>Parameters</h3>
      {weights.map(([weight, value]) => (
        <WeightView key={weight} name={weight} weight={value} />
      ))}
      {weights.length === 0 && (
        <p class="quiet">{parameters === 0 ? 'This stage has no parameters.' : 'Too many to show.'}</p>
      )}
    </Dialog>
  );
}
