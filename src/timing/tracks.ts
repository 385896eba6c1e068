/** A track of a trace. */
interface Track {
  readonly name: string;
  readonly tid: number;
  /** Until when it is taken, µs. */
  until: number;
}

/** Half a nanosecond: times are whole ones, but for how floating point adds them up. */
const SLACK = 5e-4;

/** @internal A trace's tracks by name: as many of each as overlap, `classify`, `classify (2)` …, numbered as they come. */
export class Tracks {
  readonly #byName = new Map<string, Track[]>();
  #count = 0;

  /** The first track is there whether anything is on it or not. */
  constructor(name: string) {
    this.first(name);
  }

  /** The first track of a name. */
  first(name: string): number {
    return (this.#named(name)[0] ?? this.#add(name)).tid;
  }

  /** A track of this name on which nothing goes on from `start` on; takes it until `end`. Ask in the order of starts. */
  free(name: string, start: number, end: number): number {
    const track = this.#named(name).find(({ until }) => until <= start + SLACK) ?? this.#add(name);
    track.until = end;
    return track.tid;
  }

  /** All of them, those of one name together. */
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
