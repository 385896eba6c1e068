// How the compiler checks that each stage of a pipeline takes what the one before gives.
import type { AnyStage } from './stage.ts';

/** Stands where a stage does not take what the one before it gives. */
export interface Misfit<Comes, Takes> {
  readonly misfit: 'this stage does not take what the stage before it gives';
  readonly comes: Comes;
  readonly takes: Takes;
}

type KernelOf<S> = S extends { build(...args: never[]): infer K } ? K : never;
type InputOf<S> = KernelOf<S> extends { readonly run: (input: infer I) => unknown } ? I : never;
type OutputOf<S, Comes> = S extends { readonly elementwise: true }
  ? Comes
  : KernelOf<S> extends { readonly run: (input: never) => infer O }
    ? O
    : never;

/** Without the options before them. */
export type StagesOf<S extends readonly unknown[]> = S extends readonly [AnyStage, ...unknown[]]
  ? S
  : S extends readonly [unknown, ...infer R]
    ? R
    : [];

/** The stages with every misfit replaced by what is wrong with it, so that the compiler points at its position. */
type Linked<S extends readonly unknown[], Comes, Done extends readonly unknown[] = []> = S extends readonly [
  infer H,
  ...infer R,
]
  ? Linked<R, OutputOf<H, Comes>, [...Done, [Comes] extends [InputOf<H>] ? H : Misfit<Comes, InputOf<H>>]>
  : Done;
/** Options and stages, every misfit replaced. */
export type Checked<S extends readonly unknown[]> = S extends readonly [AnyStage, ...unknown[]]
  ? Linked<S, FirstInput<S>>
  : S extends readonly [infer Options, ...infer R]
    ? [Options, ...Linked<R, FirstInput<R>>]
    : S;
/** What the pipeline takes: leading elementwise stages take whatever the first other one does. */
export type FirstInput<S extends readonly unknown[]> = S extends readonly [infer H, infer Next, ...infer R]
  ? H extends { readonly elementwise: true }
    ? FirstInput<[Next, ...R]>
    : InputOf<H>
  : InputOf<S[0]>;
/** What comes out of the last stage. */
export type LastOutput<S extends readonly unknown[], Comes> = S extends readonly [infer H, ...infer R]
  ? LastOutput<R, OutputOf<H, Comes>>
  : Comes;
