const MOST_REDIRECTS = 10;

/**
 * Fetches a URL, by redirects too, as long as they stay on its origin: a model's server decides nothing about another one, such as one
 * in the network of this machine. Rejects, before the other server is asked, with an error that names it. In a browser, which does
 * not tell where a redirect leads, that server has been asked, within the browser's own rules, and its answer is not read.
 */
export async function fetchWithin(url: URL, init: RequestInit = {}): Promise<Response> {
  let at = url;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    let response = await fetch(at, { ...init, redirect: 'manual' });
    let to: string | null = null;
    if (response.type === 'opaqueredirect') {
      response = await fetch(at, init);
      if (new URL(response.url).origin === url.origin) return response;
      to = response.url;
    } else if (response.status >= 300 && response.status < 400) to = response.headers.get('location');
    if (to === null) return response;
    await response.body?.cancel();
    at = new URL(to, at);
    if (at.origin !== url.origin) {
      const there = at.href.replace(/(?<=\/\/)[^/]*@|[?#].*/g, '');
      throw new Error(
        `it redirects to ${there}, and a model is read from its own server only: give that URL, if you trust it`,
      );
    }
  }
  throw new Error(`it redirects more than ${MOST_REDIRECTS} times`);
}
