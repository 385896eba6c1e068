import { useEffect, useRef, useState } from 'preact/hooks';
import { newCatch } from '../../../examples/play/catch.ts';
import { Chart } from '../parts/chart.tsx';
import { ClosableCard } from '../parts/closable-card.tsx';
import { Messages, type Shown } from '../parts/messages.tsx';
import { Select } from '../parts/select.tsx';
import { problemOf } from '../run/problem-of.ts';
// eslint-disable-next-line import/no-unassigned-import -- Vite makes a stylesheet of it
import './game.css';
import { show, SIDE } from './played.ts';
import type { PlayerName } from './players.ts';
import { usePlay } from './use-play.ts';
import { ROUNDS, usePractice } from './use-practice.ts';

export interface GameProps {
  readonly hidden: boolean;
  readonly onClose: () => void;
}

/** The card with a game that a network learns. What it has learned stays while the card is closed, and a training goes on. */
export function GamePanel({ hidden, onClose }: GameProps) {
  const [name, setName] = useState<PlayerName>('untrained');
  const [playing, setPlaying] = useState(false);
  const [problem, setProblem] = useState<Shown>();
  const field = useRef<HTMLCanvasElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);

  const [practice, { stop, goOn, startOver }] = usePractice((thrown) =>
    setProblem({ ...problemOf(thrown), retry: () => train(goOn) }),
  );
  const { isRunning, shares, latest } = practice;
  const tally = usePlay({
    element: field,
    playing: playing && !hidden,
    name,
    latest,
    onProblem: (thrown) => {
      setPlaying(false);
      setProblem({ ...problemOf(thrown), retry: play });
    },
  });
  const play = () => {
    setProblem(undefined);
    setPlaying(true);
  };
  const train = (begin: () => void) => {
    play();
    setName('here');
    begin();
  };
  useEffect(() => {
    if (field.current) show(field.current, newCatch(Math.random));
  }, []);

  const done = latest?.round ?? 0;
  const isDone = done === ROUNDS;
  const players: readonly (readonly [PlayerName, string])[] = [
    ['untrained', 'untrained: random weights'],
    ...(isRunning || latest ? [['here', 'trained in this page'] as const] : []),
    ['bundled', `trained before, in ${ROUNDS} rounds`],
  ];
  const who =
    name === 'here' ? `After ${tally.from?.round ?? 0} rounds` : name === 'bundled' ? 'Trained before' : 'Untrained';
  return (
    <ClosableCard name="game" title="A game that it learns" {...{ heading, hidden, onClose }}>
      <p class="quiet">
        A ball falls, and the paddle must catch it. The network sees only this picture, 32 × 32 pixels of it, and moves
        the paddle. It learns by playing: it tries moves, and those of games that it won become more likely.
      </p>
      <Messages problem={problem} notice={undefined} dismiss={() => setProblem(undefined)} />
      <div class="match">
        <canvas
          ref={field}
          width={SIDE}
          height={SIDE}
          role="img"
          aria-label="The field: a ball that falls, and a paddle at the bottom"
        />
        <div class="controls">
          <Select label="Player" value={name} options={players} onChange={setName} />
          <button type="button" onClick={() => (playing ? setPlaying(false) : play())}>
            {playing ? 'Pause the game' : 'Play'}
          </button>
          <p class="tally">
            <strong>{who}</strong>
            <span>{tally.games === 0 ? 'no ball yet' : `caught ${tally.caught} of ${tally.games}`}</span>
          </p>
          {isRunning ? (
            <button type="button" onClick={stop}>
              Stop the training
            </button>
          ) : (
            <>
              {latest && !isDone && (
                <button type="button" class="main" onClick={() => train(goOn)}>
                  Go on with the training
                </button>
              )}
              <button type="button" class={latest ? '' : 'main'} onClick={() => train(startOver)}>
                {latest ? 'Start over' : 'Train'}
              </button>
            </>
          )}
          <p class="quiet" role="status">
            {isRunning
              ? `Training: round ${done + 1} of ${ROUNDS}`
              : isDone
                ? `The training has ended after ${ROUNDS} rounds.`
                : latest
                  ? `Stopped after ${done} of ${ROUNDS} rounds.`
                  : 'The training takes a few minutes.'}
          </p>
        </div>
      </div>
      {(isRunning || latest) && (
        <Chart
          title="Share of balls caught in each round"
          unit="rounds"
          at={shares.map((_, i) => i + 1)}
          lines={[{ name: 'caught while it tries moves', colour: '--accent', values: shares }]}
          marks={[]}
          summary={
            latest
              ? `Caught in round ${latest.round}: ${latest.caught} of ${latest.games} balls`
              : 'No round has been played'
          }
        />
      )}
    </ClosableCard>
  );
}
