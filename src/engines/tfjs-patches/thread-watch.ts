/** A thread that has its script and memory answers within this time, in ms, or the one before it has just answered. */
const PATIENCE = 1500;

/**
 * Watches the wasm backend's threads while they start: `failure` rejects when a browser refuses a thread (as a
 * Content-Security-Policy tells it to), when a thread throws, and when none answers for 1.5 s after all have got their wasm
 * module. `stop` ends the watch. Without this, tfjs waits forever for a thread that failed to start. No upstream issue known.
 */
export class ThreadWatch {
  readonly failure: Promise<never>;
  readonly #threads: Worker[] = [];
  readonly #watching = new AbortController();
  #fail: (why: string) => void = () => undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.failure = new Promise<never>((_, reject) => {
      this.#fail = (why) => reject(new Error(why));
    });
    // It may reject before anything waits for it.
    this.failure.catch(() => undefined);
  }

  watch(thread: Worker): void {
    const { signal } = this.#watching;
    this.#threads.push(thread);
    const onError = (event: Event) => {
      // tfjs would throw the event itself.
      event.preventDefault();
      event.stopImmediatePropagation();
      // A thread that was refused gives an event without a message.
      this.#fail((event as Partial<ErrorEvent>).message ?? 'the browser refused to start them');
    };
    const onMessage = ({ data }: MessageEvent<{ readonly cmd?: string } | undefined>) => {
      if (data?.cmd === 'loaded') this.#wait();
    };
    thread.addEventListener('error', onError, { signal });
    thread.addEventListener('message', onMessage, { signal });
    const post = thread.postMessage.bind(thread) as (...message: unknown[]) => void;
    thread.postMessage = (...message: unknown[]) => {
      if (!signal.aborted && (message[0] as { readonly cmd?: string } | undefined)?.cmd === 'load') this.#wait();
      post(...message);
    };
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#watching.abort();
  }

  /** Ends the threads of a backend that is given up. */
  terminate(): void {
    for (const thread of this.#threads) thread.terminate();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fail(`they did not answer for ${PATIENCE / 1000} s`), PATIENCE);
  }
}
