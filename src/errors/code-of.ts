/** @internal The `code` of a thrown value, such as Node's `ENOENT`. Undefined if it has none. */
export function codeOf(thrown: unknown): unknown {
  return (thrown as { readonly code?: unknown } | null | undefined)?.code;
}
