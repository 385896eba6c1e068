// How the compiler checks that each stage of a pipeline takes what the stage before it gives.
import type { Misfit } from './misfit.ts';
import type { AnyStage } from './stage.ts';

type KernelOf<S> = S extends { build(...args: never[]): infer K } ? K : never;
type InputOf<S> = KernelOf<S> extends { readonly run: (input: infer I) => unknown } ? I : never;
type OutputOf<S, Comes> = S extends { readonly elementwise: true }
  ? Comes
  : KernelOf<S> extends { readonly run: (input: never) => infer O }
    ? O
    : never;

/** The stages, without the options before them. */
export type StagesOf<S extends readonly unknown[]> = S extends readonly [AnyStage, ...unknown[]]
  ? S
  : S extends readonly [unknown, ...infer R]
    ? R
    : [];

/** The stages, each that does not fit replaced by a sentence about it: so the compiler shows it at that position. */
type Linked<S extends readonly unknown[], Comes, Done extends readonly unknown[] = []> = S extends readonly [
  infer H,
  ...infer R,
]
  ? Linked<
      R,
      OutputOf<H, Comes>,
      [
        ...Done,
        [Comes] extends [InputOf<H>] ? H : Misfit<Comes, InputOf<H>, Done['length'], [...Done, H]['length'] & number>,
      ]
    >
  : Done;

/** The options and stages of a pipeline, each stage that does not fit replaced by a sentence about it. */
export type Checked<S extends readonly unknown[]> = S extends readonly [AnyStage, ...unknown[]]
  ? Linked<S, FirstInput<S>>
  : S extends readonly [infer Options, ...infer R]
    ? [Options, ...Linked<R, FirstInput<R>>]
    : S;

/** What a pipeline takes. Elementwise stages at its start take what the first other stage takes. */
export type FirstInput<S extends readonly unknown[]> = S extends readonly [infer H, infer Next, ...infer R]
  ? H extends { readonly elementwise: true }
    ? FirstInput<[Next, ...R]>
    : InputOf<H>
  : InputOf<S[0]>;

/** What a pipeline's last stage gives. */
export type LastOutput<S extends readonly unknown[], Comes> = S extends readonly [infer H, ...infer R]
  ? LastOutput<R, OutputOf<H, Comes>>
  : Comes;
