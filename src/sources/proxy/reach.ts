import { addressKind, isNearer, type AddressKind } from './address-kind.ts';

/** Where a source on a server leads, as far as it is known. Plain JSON. */
export interface ReachState {
  /** The origin of the URL that the user gave: `https://example.org`. */
  readonly origin: string;
  /** Of a playlist: which origins it may name. */
  readonly playlist?: 'its own' | 'any';
  /** The origins that the URL redirected to. */
  readonly redirects?: readonly string[];
  /** The kind of address that the URL's own origin has. */
  readonly own?: AddressKind;
  /** The kind of address that was farthest from this machine. */
  readonly farthest?: AddressKind;
}

/**
 * Decides where a source on a server may lead. A video may be redirected to any origin; a playlist names nothing but what is of
 * its own origin, or of the one that it was redirected to. No way leads from an address to a nearer one, so that no public server
 * reaches this machine or its network.
 */
export class Reach {
  readonly #origin: string;
  readonly #playlist: ReachState['playlist'];
  readonly #redirects: Set<string>;
  #own: AddressKind | undefined;
  #farthest: AddressKind | undefined;

  constructor({ origin, playlist, redirects = [], own, farthest }: ReachState) {
    this.#origin = origin;
    this.#playlist = playlist;
    this.#redirects = new Set(redirects);
    this.#own = own;
    this.#farthest = farthest;
  }

  get state(): ReachState {
    return {
      origin: this.#origin,
      redirects: [...this.#redirects],
      ...(this.#playlist && { playlist: this.#playlist }),
      ...(this.#own && { own: this.#own }),
      ...(this.#farthest && { farthest: this.#farthest }),
    };
  }

  /** The URL that the user gave redirects to an origin. */
  redirected(origin: string): void {
    this.#redirects.add(origin);
  }

  /** Whether an origin may be asked at all. */
  allows(origin: string): boolean {
    return this.#playlist === 'any' || origin === this.#origin || this.#redirects.has(origin);
  }

  /** Whether an origin may be reached at this address. */
  admits(origin: string, address: string): boolean {
    // What the user names may be anywhere, but stays there: a name must not become another address.
    const from = origin === this.#origin ? (this.#own ?? 'loopback') : (this.#farthest ?? 'public');
    return !isNearer(addressKind(address), from);
  }

  /** An origin was reached at this address. */
  reached(origin: string, address: string): void {
    const kind = addressKind(address);
    if (origin === this.#origin) this.#own ??= kind;
    if (this.#farthest === undefined || isNearer(this.#farthest, kind)) this.#farthest = kind;
  }
}
