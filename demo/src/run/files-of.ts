/** The dropped files, with those in dropped folders. */
export async function filesOf(dropped: DataTransfer): Promise<File[]> {
  // Read before the first await: a DataTransfer is empty after its event.
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const files = [...dropped.files];
  if (entries.every(({ isFile }) => isFile)) return files;
  return (await Promise.all(entries.map((entry) => inside(entry, 0)))).flat();
}

const DEEPEST = 3;
const MOST = 1000;

async function inside(entry: FileSystemEntry, depth: number): Promise<File[]> {
  if (entry.isFile)
    return [await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))];
  if (depth >= DEEPEST) return [];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: FileSystemEntry[] = [];
  // A folder is read in pieces, until an empty one comes.
  while (found.length < MOST) {
    const piece = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (piece.length === 0) break;
    found.push(...piece);
  }
  return (await Promise.all(found.slice(0, MOST).map((one) => inside(one, depth + 1)))).flat();
}

/** Whether files are those of a model. */
export function isModel(files: readonly File[]): boolean {
  return files.some(({ name }) => /\.(json|safetensors)$/i.test(name));
}

/** Throws if a file has to be unpacked first. */
export function checkUnpacked(files: readonly File[]): void {
  const packed = files.find(({ name }) => name.toLowerCase().endsWith('.zip'));
  if (packed) throw new Error(`${packed.name} is an archive: unpack it, and drop the folder that you get`);
}
