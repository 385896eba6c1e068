import { note } from '../messages.ts';

/** Prints why a run ended early and which files hold the results so far. Prints nothing if there is neither. */
export function notePartialResults(files: readonly string[], reason = ''): void {
  const kept = files.length > 0 ? `the results so far are in ${files.join(', ')}` : '';
  const message = [reason, kept].filter((part) => part !== '').join(': ');
  if (message !== '') note(message);
}
