/** Reads a file of a cgroup by its name. Undefined if there is none. */
export type ReadFile = (name: string) => string | undefined;

/**
 * Finds the cgroups of this process, as far as they are mounted: its own and those around it, of each controller (Linux). A limit
 * of any of them is a limit of this process.
 */
export function cgroupFiles(root: string): ReadFile[] {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const { posix } = process.getBuiltinModule('node:path');
  const read = (file: string): string | undefined => {
    try {
      return readFileSync(posix.join(root, file), 'utf8').trim();
    } catch {
      return undefined;
    }
  };
  const groups = lines(read('proc/self/cgroup')).map((line) => /^\d+:([^:]*):(.*)$/.exec(line) ?? []);
  return lines(read('proc/self/mountinfo')).flatMap((line) => {
    const mount = /^\S+ \S+ \S+ (\S+) (\S+) .*? - (cgroup2?) \S+ (\S+)$/.exec(line);
    if (!mount) return [];
    const [, from = '', at = '', type, options = ''] = mount;
    // In cgroup v2 all controllers are in one tree. Its line names none.
    const controllers = type === 'cgroup2' ? [''] : options.split(',');
    const [, , group = ''] =
      groups.find(([, names = '']) => names.split(',').some((name) => controllers.includes(name))) ?? [];
    return foldersDownTo(group, unescape(from)).map(
      (folder): ReadFile =>
        (name) =>
          read(posix.join(unescape(at), folder, name)),
    );
  });
}

/** The folders on the way from a mount, which shows the cgroup `from`, to a cgroup. The mount itself is the empty path. */
function foldersDownTo(group: string, from: string): string[] {
  const top = from === '/' ? '' : from;
  // A container may see the path of its cgroup on the host. Its mount then shows that cgroup itself.
  const below = group.startsWith(`${top}/`) ? group.slice(top.length + 1) : '';
  const names = below.split('/').filter((name) => name !== '');
  return names.includes('..') ? [''] : ['', ...names.map((_, i) => names.slice(0, i + 1).join('/'))];
}

function lines(text = ''): string[] {
  return text.split('\n');
}

/** In `mountinfo` a blank in a path is `\040`. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));
}
