/** The proxy of the environment (`http_proxy`) for a host; undefined if there is none, or if `no_proxy` names the host. */
export function upstreamProxy(host: string, env: NodeJS.ProcessEnv = process.env): URL | undefined {
  const given = env['http_proxy'] ?? '';
  if (!given.startsWith('http://') || !URL.canParse(given)) return undefined;
  const isDirect = (env['no_proxy'] ?? '').split(/[\s,]+/).some((pattern) => matches(pattern, host));
  return isDirect ? undefined : new URL(given);
}

/** `*`, or a name, with what is below it. */
function matches(pattern: string, host: string): boolean {
  if (pattern === '*') return true;
  const name = pattern.replace(/^\*?\.?/, '');
  return name !== '' && (host === name || host.endsWith(`.${name}`));
}

/** The header that a proxy asks for, if its URL has a user. */
export function proxyAuthorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}
