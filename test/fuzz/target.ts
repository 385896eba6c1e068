import type { Input } from './input.ts';

/** What a target may use while it reads an input. */
export interface Sandbox {
  /** An empty folder, the only one that may change. The files of the input are in it. */
  readonly folder: string;
  /** A server that nothing may connect to: `http://127.0.0.1:1234`. */
  readonly forbidden: string;
}

/** Something that reads data that is not trusted. */
export interface FuzzTarget {
  /** Valid inputs. Some may name `forbidden`, or files that must not be read. */
  seeds(forbidden: string): Promise<readonly Input[]> | readonly Input[];
  /** Reads an input. It resolves, or throws a `SluiceError`; what else it throws is a finding. */
  read(input: Input, sandbox: Sandbox): Promise<void>;
}

/** A target has read something that it must not read, or believed what is not true. */
export class Finding extends Error {}
