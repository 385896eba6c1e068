import type { EngineName } from 'sluice';
import { policiesFor, type Choice, type GateChoice } from '../choice.ts';

interface Props {
  readonly choice: Choice;
  readonly gate: GateChoice;
  readonly running: boolean;
  readonly ready: boolean;
  readonly choose: (more: Partial<Choice>) => void;
  readonly setGate: (gate: GateChoice) => void;
  readonly setRunning: (running: boolean) => void;
  readonly take: (files: readonly File[]) => void;
}

const ENGINES: readonly (EngineName | 'auto')[] = ['auto', 'webgpu', 'webgl', 'wasm', 'cpu'];

/** What can be chosen, by mouse, finger or keyboard. */
export function Controls({ choice, gate, running, ready, choose, setGate, setRunning, take }: Props) {
  const { source, engine } = choice;
  return (
    <form class="controls" onSubmit={(event) => event.preventDefault()}>
      <fieldset>
        <legend>Source</legend>
        <button
          type="button"
          aria-pressed={source === 'sample'}
          disabled={!ready}
          onClick={() => choose({ source: 'sample' })}
        >
          Sample
        </button>
        <button
          type="button"
          aria-pressed={source === 'camera'}
          disabled={!ready}
          onClick={() => choose({ source: 'camera' })}
        >
          Camera
        </button>
        <label class="file">
          <span>File or model …</span>
          <input type="file" multiple onChange={({ currentTarget }) => take([...(currentTarget.files ?? [])])} />
        </label>
      </fieldset>
      <fieldset>
        <legend>Engine</legend>
        <select
          aria-label="Engine"
          value={engine}
          onChange={({ currentTarget }) => choose({ engine: currentTarget.value as EngineName })}
        >
          {ENGINES.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </fieldset>
      <fieldset>
        <legend>Gate</legend>
        <select
          aria-label="Policy"
          value={gate.policy}
          onChange={({ currentTarget }) => setGate({ ...gate, policy: currentTarget.value as GateChoice['policy'] })}
        >
          {policiesFor(source).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <label>
          in flight{' '}
          <input
            type="number"
            min={1}
            max={8}
            value={gate.maxInFlight}
            onInput={({ currentTarget: { valueAsNumber } }) => {
              if (valueAsNumber >= 1 && valueAsNumber <= 8)
                setGate({ ...gate, maxInFlight: Math.floor(valueAsNumber) });
            }}
          />
        </label>
      </fieldset>
      <button type="button" class="main" disabled={!ready} onClick={() => setRunning(!running)}>
        {ready ? (running ? 'Stop' : 'Start') : 'Loading …'}
      </button>
    </form>
  );
}
