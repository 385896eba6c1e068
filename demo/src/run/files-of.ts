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

/** What the page does with files that it was given. */
export interface Sorted {
  readonly as: 'model' | 'pictures' | 'video';
  readonly files: readonly File[];
  /** The files that are left out. */
  readonly rest: readonly File[];
}

/** Sorts files: those of a model, else all pictures, else the first video. Throws if there is nothing to use. */
export function sortFiles(given: readonly File[]): Sorted {
  // Files that systems hide in folders.
  const files = given.filter(({ name }) => !/^(\.|Thumbs\.db$|desktop\.ini$)/i.test(name));
  if (files.length === 0)
    throw new Error('There are no files in it: drop a video, pictures, or a model with its weights');
  const packed = files.find(({ name }) => name.toLowerCase().endsWith('.zip'));
  if (packed) throw new Error(`${packed.name} is an archive: unpack it, and drop the folder that you get`);
  if (files.some(({ name }) => /\.(json|safetensors|onnx|tflite|h5|keras)$/i.test(name)))
    return { as: 'model', files, rest: [] };
  const pictures = files.filter(({ type }) => type.startsWith('image/'));
  if (pictures.length > 0) return { as: 'pictures', files: pictures, rest: without(files, pictures) };
  // A browser does not know the type of every video.
  const video = files.find(({ type }) => type.startsWith('video/')) ?? files[0];
  const videos = video ? [video] : [];
  return { as: 'video', files: videos, rest: without(files, videos) };
}

const without = (files: readonly File[], taken: readonly File[]) => files.filter((file) => !taken.includes(file));

/** Says which files are left out; undefined if none is. */
export function describeRest({ as, files, rest }: Sorted): string | undefined {
  if (rest.length === 0) return undefined;
  const names = rest.slice(0, 3).map(({ name }) => name);
  const others = rest.length > names.length ? ` and ${rest.length - names.length} more` : '';
  const what = as === 'video' ? `One video at a time: this is ${files[0]?.name}.` : 'These are the pictures.';
  return `${what} Left out: ${names.join(', ')}${others}.`;
}
