/** A track of a trace. */
interface Track {
  readonly name: string;
  readonly tid: number;
  /** When its last slice ends, in µs. */
  until: number;
}

/** Half a nanosecond, because sums of floating-point numbers are not exact. */
const SLACK = 5e-4;

/** @internal The tracks of a trace by name. A name has several (`classify`, `classify (2)`, …) if its slices overlap. */
export class Tracks {
  readonly #byName = new Map<string, Track[]>();
  #count = 0;

  /** `name` is the track that exists even if nothing is on it. */
  constructor(name: string) {
    this.first(name);
  }

  /** The number of the first track of a name. */
  first(name: string): number {
    return (this.#named(name)[0] ?? this.#add(name)).tid;
  }

  /** Reserves a track of this name from `start` to `end`, and gives its number. Call it in the order of starts. */
  free(name: string, start: number, end: number): number {
    const track = this.#named(name).find(({ until }) => until <= start + SLACK) ?? this.#add(name);
    track.until = end;
    return track.tid;
  }

  /** All tracks; those of one name are neighbours. */
  list(): { readonly name: string; readonly tid: number; readonly place: number }[] {
    return [...this.#byName.values()].flat().map(({ name, tid }, place) => ({ name, tid, place }));
  }

  #named(name: string): Track[] {
    let tracks = this.#byName.get(name);
    if (!tracks) this.#byName.set(name, (tracks = []));
    return tracks;
  }

  #add(name: string): Track {
    const tracks = this.#named(name);
    const number = tracks.length + 1;
    const track = { name: number === 1 ? name : `${name} (${number})`, tid: ++this.#count, until: -Infinity };
    tracks.push(track);
    return track;
  }
}
