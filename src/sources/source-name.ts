/** Schemes of which a mistyped URL (`http:/user:password@host`) is still taken for one. */
const START = /^(?:[a-z][a-z\d+.-]+:\/\/|(?:https?|ftps?|rtsps?|rtmps?|srt|wss?):[\\/]+)/i;
const URL_IN_TEXT = /\b[a-z][a-z\d+.-]+:\/\/[^\s"<>]+/gi;
const HIDDEN = '***';

/** Names of parameters that are usually secrets, in small letters and without separators. */
const SECRET =
  /token|secret|signature|passw|pwd|credential|session|jwt|bearer|hmac|hdnts|hdnea|keypairid|accesskey|key$|sig$|auth$|^authorization$|^(pass|pw|code|policy|sid|hash|md5|st|user|username|login)$/;

/** A source as it is named in results, files and messages, and where it is read. */
export interface NamedSource {
  readonly name: string;
  /** The path or URL, which may hold a password: never print or store it. */
  readonly location: string;
}

/**
 * The name of a source: the path or URL as the user gave it, without passwords. `***` stands for a URL's user and password, and
 * for the values of parameters that are usually secrets (`token`, `sig`, `X-Amz-Signature` and the like).
 */
export function sourceName(where: string | URL): string {
  const given = String(where);
  const start = START.exec(given)?.[0];
  if (start === undefined) return given;
  // What cannot be parsed may hold a password anywhere (`http://me:a/b@host`).
  if (/^https?:/i.test(given) && !URL.canParse(given)) return `${start}${HIDDEN}`;
  const rest = given.slice(start.length).replace(/^[^\\/?#]*@/, `${HIDDEN}@`);
  return start + withoutSecretParameters(rest);
}

/** The same for each URL in a text, such as a message of ffmpeg. */
export function withoutSecrets(text: string): string {
  return text.replace(URL_IN_TEXT, (url) => sourceName(url));
}

/**
 * The names of several sources. Where two differ in their secrets only, the later ones end with `#2`, `#3` and so on, so that
 * results stay apart.
 */
export function namedSources(locations: readonly string[]): readonly NamedSource[] {
  const known = new Map<string, string[]>();
  return locations.map((location) => {
    const name = sourceName(location);
    const same = known.get(name) ?? [];
    known.set(name, same);
    if (!same.includes(location)) same.push(location);
    const index = same.indexOf(location);
    return { name: index === 0 ? name : `${name}#${index + 1}`, location };
  });
}

function withoutSecretParameters(text: string): string {
  return text.replace(/([?&#;])([^=&#;?]*)=([^&#;]*)/g, (all, mark: string, name: string, value: string) =>
    isSecret(decoded(name)) || holdsSecret(value) ? `${mark}${name}=${HIDDEN}` : all,
  );
}

function isSecret(parameter: string): boolean {
  return SECRET.test(parameter.toLowerCase().replace(/[^a-z\d]/g, ''));
}

/** Whether a value is itself a URL with a secret, encoded or not. */
function holdsSecret(value: string): boolean {
  const inner = decoded(value);
  return URL.canParse(inner) && sourceName(inner) !== inner;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
