import { describeValue } from '../errors/describe-value.ts';
import { OptionError } from '../errors/errors.ts';

/** Options that choose labels. */
export interface WantedLabels {
  readonly only: readonly string[] | undefined;
  readonly except: readonly string[] | undefined;
}

/** Whether a label is wanted. */
export function wantedLabels({ only, except }: WantedLabels): (label: string) => boolean {
  return (label) => (only === undefined || only.includes(label)) && !except?.includes(label);
}

/** Throws `OptionError` for what is no list of labels, and for a label that is not one of `labels`, where these are known. */
export function checkWanted(who: string, wanted: WantedLabels, labels: readonly string[] | undefined): void {
  for (const [name, list] of Object.entries(wanted)) checkList(who, name, list, labels);
}

function checkList(who: string, name: string, list: unknown, labels: readonly string[] | undefined): void {
  if (list === undefined) return;
  if (!Array.isArray(list) || list.length === 0 || list.some((label) => typeof label !== 'string')) {
    throw new OptionError(`${who}: ${name} must be a list of labels, not ${describeValue(list)}`);
  }
  const unknown: unknown = labels && list.find((label) => !labels.includes(label as string));
  if (unknown === undefined || labels === undefined) return;
  const some = labels.filter((label) => label !== '').slice(0, 10);
  throw new OptionError(
    `${who}: ${name} has ${describeValue(unknown)}, which is not a label of the model. It has ${labels.length}: ${some.join(', ')}${labels.length > some.length ? ' …' : ''}`,
  );
}
