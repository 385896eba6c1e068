/** What the library tells programmers in its messages, and what people see on the page instead. */
const REPLACED: readonly (readonly [said: RegExp, shown: string])[] = [
  [/[:.]? Choose another with useEngine/i, ''],
  [/: read it with layersModel\(…\).*$/, '. This page shows models that give a score for each class of a picture'],
  [/: read it with graphModel\(…\)/, ''],
  [/\. Make sure that the server serves the bundled script.*$/, ''],
  [/ Run the model with infer, or remove these stages/, ' Clear “off the main thread”'],
  [/^inWorker('s worker)?:? /, 'The worker '],
  [/: give a smaller resize/, ': choose a lower resolution'],
  [/: ask for another, or for none/, ': choose another resolution or camera'],
  [/\. (Give|Set|Use) [a-z]+[A-Z(][^.]*$/, ''],
];

/** A message of the library in words of the page: without the names of functions and options. */
export function plainWords(message: string): string {
  return REPLACED.reduce((text, [said, shown]) => text.replace(said, shown), message);
}
