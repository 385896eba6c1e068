import { withoutSecrets } from '../source-name.ts';

/** A line with its level, as `-v level+debug` writes it: `[http @ 0x55d0c81b0a40] [error] …`, `[error] …`. */
const LEVEL = /^((?:\[[^\]]*\] )?)\[(quiet|panic|fatal|error|warning|info|verbose|debug|trace)\] /;

/** What ffmpeg says when a connection fails. */
const FAILED = [
  /^\[https?[^\]]*\] Stream ends prematurely/,
  /^(https?:|\[in#|Error).*: (Input\/output error|Connection reset|Connection refused|Broken pipe|.*timed out)/,
  /^\[(tls|tcp)[^\]]*\] /,
];

/** ffmpeg 5.1 says this of every stream whose length it was not told, however it ends. */
const UNKNOWN_LENGTH = 'should be 18446744073709551615';

/** What demuxers say of a container without its end. */
const NO_END = /: partial file|\] (File ended prematurely|Read error)/;

const REPEATED = /^\s*Last message repeated \d+ times/;

/** What ffmpeg's log says about the connection to a server. */
export class ConnectionLog {
  /** The first line about a failure. */
  failure: string | undefined;
  /** Whether the server sent nothing for too long. */
  timedOut = false;
  /** Whether ffmpeg was not told the length of the stream, and took its end for a failure. */
  lengthUnknown = false;
  /** Whether the container ended without its end. */
  noEnd = false;
  /** Whether the server said that the stream is over; only where the log has the level `debug`. */
  isOver = false;
  #last = false;
  /** The level of the line before; undefined where the log has no levels. */
  #level: string | undefined;

  /** Takes a line of the log. Gives the error in it; undefined for a line about the connection, or below the level `error`. */
  take(text: string): string | undefined {
    // A message of several lines has its level in the first one.
    const [tag, before = '', level = this.#level] = LEVEL.exec(text) ?? [''];
    this.#level = level;
    if (level !== undefined && !/panic|fatal|error/.test(level)) {
      this.isOver ||= text.includes('Last chunk received');
      return undefined;
    }
    const line = before + text.slice(tag.length);
    if (REPEATED.test(line)) return this.#last ? undefined : line;
    this.#last = FAILED.some((pattern) => pattern.test(line));
    if (!this.#last) {
      this.noEnd ||= NO_END.test(line);
      return line;
    }
    this.lengthUnknown ||= line.includes(UNKNOWN_LENGTH);
    this.timedOut ||= line.includes('timed out');
    this.failure ??= withoutSecrets(line);
    return undefined;
  }
}
