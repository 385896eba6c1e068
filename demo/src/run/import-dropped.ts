import { importModel, type Model } from 'sluice';

/** A model that was dropped: a file of its own, so that the importers are loaded only for this. */
export function importDropped(files: readonly File[], onWarning: (message: string) => void): Promise<Model> {
  return importModel(files, { onWarning });
}
