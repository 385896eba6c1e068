import type { Choice, Lines } from '../run/choice.ts';
import { megabytes, MODELS, type Bundled } from '../run/models.ts';
import { Check } from './check.tsx';
import { Select } from './select.tsx';

interface Props {
  readonly choice: Choice;
  readonly bundled: Bundled | undefined;
  /** The name of the user's own model, if it is in use. */
  readonly own: string | undefined;
  readonly choose: (more: Partial<Choice>) => void;
  readonly takeModel: (name: string) => void;
}

const OWN = 'own';
const ENGINES = [
  ['auto', 'auto: the fastest available'],
  ['webgpu', 'webgpu: GPU'],
  ['webgl', 'webgl: GPU'],
  ['wasm', 'wasm: processor'],
  ['cpu', 'cpu: plain JavaScript'],
] as const;
const LINES = [
  ['240', '240 lines'],
  ['480', '480 lines'],
  ['720', '720 lines'],
  ['whole', 'original'],
] as const;

/** The settings of a run. A change takes effect at once. */
export function Settings({ choice, bundled, own, choose, takeModel }: Props) {
  const { source, engine, lines, asItPlays, again, facing, offThread } = choice;
  const models = MODELS.map(
    (one) => [one.name, `${one.title} · ${megabytes(one)} MB${one.trained ? '' : ' · random weights'}`] as const,
  );
  return (
    <section class="card settings" aria-labelledby="settings">
      <h2 id="settings">Settings</h2>
      <div class="fields">
        <Select
          label="Model"
          value={bundled?.name ?? (own === undefined ? 'mobilenet-v1' : OWN)}
          options={own === undefined ? models : [...models, [OWN, `yours: ${own}`]]}
          onChange={(name) => {
            if (name !== OWN) takeModel(name);
          }}
        />
        <Select label="Engine" value={engine} options={ENGINES} onChange={(value) => choose({ engine: value })} />
        <Select
          label="Resolution"
          value={`${lines}` as const}
          options={LINES}
          onChange={(value) => choose({ lines: value === 'whole' ? value : (Number(value) as Lines) })}
        />
        {source === 'camera' ? (
          <Select
            label="Which camera"
            value={facing}
            options={[
              ['user', 'front'],
              ['environment', 'rear'],
            ]}
            onChange={(value) => choose({ facing: value })}
          />
        ) : (
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
      <Check label="off the main thread" checked={offThread} onChange={(on) => choose({ offThread: on })} />
      {source !== 'camera' && (
        <Check label="repeat from the start when it ends" checked={again} onChange={(on) => choose({ again: on })} />
      )}
      <p class="quiet">
        {bundled?.about ??
          'To use another model, drop its model.json with its weights, or a Teachable Machine export, on the page.'}
      </p>
    </section>
  );
}
