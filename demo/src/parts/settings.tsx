import { Drawing } from '../board/drawing.ts';
import { megabytes } from '../run/bundled.ts';
import { ENGINES, isFile, isOffThread, type Choice, type Lines } from '../run/choice.ts';
import { modelsFor } from '../run/models.ts';
import { RANGES, type RangeName } from '../run/own-model.ts';
import type { TaskName } from '../run/tasks.ts';
import type { useCard } from '../run/use-card.ts';
import type { Loaded } from '../run/use-model.ts';
import { Check } from './check.tsx';
import { Select } from './select.tsx';

type Card = ReturnType<typeof useCard>;

interface Props {
  readonly task: TaskName;
  readonly choice: Choice;
  readonly loaded: Loaded;
  readonly choose: (more: Partial<Choice>) => void;
  readonly takeModel: (name: string) => void;
  /** Reads the user's own model again, with pixel values of this range. */
  readonly setRange: (range: RangeName) => void;
  /** The cards that buttons open. */
  readonly cards: { readonly teaching: Card; readonly game: Card };
}

const OWN = 'own';
const NONE = '';
const RANGE_NAMES = (Object.keys(RANGES) as RangeName[]).map((name) => [name, name] as const);
const LINES = [
  ['240', '240 lines'],
  ['480', '480 lines'],
  ['720', '720 lines'],
  ['whole', 'original'],
] as const;

/** The settings of a run. A change takes effect at once. */
export function Settings({ task, choice, loaded, choose, takeModel, setRange, cards }: Props) {
  const { model, bundled, own, loading } = loaded;
  const { source, engine, lines, asItPlays, again, facing } = choice;
  const models = modelsFor(task).map(
    (one) => [one.name, `${one.title} · ${megabytes(one)} MB${one.trained ? '' : ' · random weights'}`] as const,
  );
  return (
    <section class="card settings" aria-labelledby="settings">
      <h2 id="settings">Settings</h2>
      <div class="fields">
        <Select
          label="Model"
          value={bundled?.name ?? (own ? OWN : NONE)}
          options={[
            ...(model ? [] : [[NONE, loading ? 'loading …' : 'none: choose one'] as const]),
            ...models,
            ...(own ? [[OWN, `yours: ${model?.name ?? ''}`] as const] : []),
          ]}
          onChange={(name) => {
            if (name !== OWN && name !== NONE) takeModel(name);
          }}
        />
        {own?.range && <Select label="Pixel values" value={own.range} options={RANGE_NAMES} onChange={setRange} />}
        <Select label="Engine" value={engine} options={ENGINES} onChange={(value) => choose({ engine: value })} />
        {!(source instanceof Drawing) && (
          <Select
            label="Resolution"
            value={`${lines}` as const}
            options={LINES}
            onChange={(value) => choose({ lines: value === 'whole' ? value : (Number(value) as Lines) })}
          />
        )}
        {source === 'camera' && (
          <Select
            label="Which camera"
            value={facing}
            options={[
              ['user', 'front'],
              ['environment', 'rear'],
            ]}
            onChange={(value) => choose({ facing: value })}
          />
        )}
        {isFile(source) && (
          <Select
            label="Pace"
            value={asItPlays ? 'plays' : 'every'}
            options={[
              ['plays', 'real time'],
              ['every', 'every frame'],
            ]}
            onChange={(value) => choose({ asItPlays: value === 'plays' })}
          />
        )}
      </div>
      <Check
        label="off the main thread"
        checked={isOffThread(choice, model)}
        onChange={(on) => choose({ offThread: on })}
      />
      {isFile(source) && (
        <Check label="repeat from the start when it ends" checked={again} onChange={(on) => choose({ again: on })} />
      )}
      <p class="quiet">
        {bundled?.about ??
          'To use another model, drop its model.json with its weights, or a Teachable Machine export, on the page.'}
      </p>
      <div class="answers">
        <button type="button" ref={cards.teaching.button} onClick={cards.teaching.open}>
          Teach it your classes …
        </button>
        <button type="button" ref={cards.game.button} onClick={cards.game.open}>
          Watch it learn a game …
        </button>
      </div>
    </section>
  );
}
