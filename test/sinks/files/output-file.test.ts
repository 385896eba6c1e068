import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  chmodSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SluiceError } from '../../../src/errors/errors.ts';
import { OutputFile } from '../../../src/sinks/files/output-file.ts';
import { scratch } from '../../support/media.ts';

const posix = process.platform !== 'win32';

function failure(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'output') return error.message;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('OutputFile', () => {
  it('appears with commit, not before, and leaves nothing beside it', () => {
    const folder = scratch();
    const file = path.join(folder, 'a.txt');
    const out = new OutputFile(file);
    out.write('one\n');
    out.write('zwei 🦜\n');
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^a\.txt\..+\.tmp$/)]);
    out.commit();
    expect(readdirSync(folder)).toEqual(['a.txt']);
    expect(readFileSync(file, 'utf8')).toBe('one\nzwei 🦜\n');
  });

  it('is an empty file when nothing was written', () => {
    const file = path.join(scratch(), 'a.txt');
    new OutputFile(file).commit();
    expect(readFileSync(file, 'utf8')).toBe('');
  });

  it('replaces a file at once, with its permissions', () => {
    const file = path.join(scratch(), 'a.txt');
    writeFileSync(file, 'old');
    chmodSync(file, 0o600);
    const out = new OutputFile(file);
    out.write('new');
    expect(readFileSync(file, 'utf8')).toBe('old');
    out.commit();
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('discard leaves what was there', () => {
    const folder = scratch();
    const file = path.join(folder, 'a.txt');
    writeFileSync(file, 'old');
    const out = new OutputFile(file);
    out.write('new');
    out.discard();
    out.discard();
    expect([readFileSync(file, 'utf8'), readdirSync(folder)]).toEqual(['old', ['a.txt']]);
  });

  it('two at once do not mix: the last commit wins', () => {
    const folder = scratch();
    const file = path.join(folder, 'a.txt');
    const [one, two] = [new OutputFile(file), new OutputFile(file)];
    one.write('one');
    two.write('two');
    two.commit();
    one.commit();
    expect([readFileSync(file, 'utf8'), readdirSync(folder)]).toEqual(['one', ['a.txt']]);
  });

  it('is closed after commit, discard and keepPartial', () => {
    const file = path.join(scratch(), 'a.txt');
    for (const end of ['commit', 'discard', 'keepPartial'] as const) {
      const out = new OutputFile(file);
      out.write(end);
      out[end]();
      expect(failure(() => out.write('more'))).toBe(`cannot write ${file}: it is already closed`);
      expect(failure(() => out.commit())).toBe(`cannot write ${file}: it is already closed`);
      expect(out.keepPartial()).toBeUndefined();
      out.discard();
    }
    expect(readFileSync(file, 'utf8')).toBe('commit');
  });

  it('keepPartial keeps what there is beside the file, if there is anything', () => {
    const folder = scratch();
    const file = path.join(folder, 'a.txt');
    writeFileSync(file, 'old');
    expect(new OutputFile(file).keepPartial()).toBeUndefined();
    expect(readdirSync(folder)).toEqual(['a.txt']);
    for (const text of ['[\n{"source":1', '[\n{"source":2']) {
      const out = new OutputFile(file);
      out.write(text);
      expect(out.keepPartial()).toBe(`${file}.partial`);
    }
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readFileSync(`${file}.partial`, 'utf8')).toBe('[\n{"source":2');
    expect(readdirSync(folder).length).toBe(2);
  });

  it('keepPartial replaces nothing else: a video that is called so, a short file, a folder, a link', () => {
    const folder = scratch();
    const file = path.join(folder, 'a.txt');
    const make: ((name: string) => void)[] = [
      (name) => writeFileSync(name, '\0\0\0\x20ftypisom'),
      (name) => writeFileSync(name, 'sou'),
      (name) => mkdirSync(name),
      ...(posix ? [(name: string) => symlinkSync('a.txt', name), (name: string) => symlinkSync('nowhere', name)] : []),
    ];
    make.forEach((one, i) => one(`${file}${i === 0 ? '' : `.${i + 1}`}.partial`));
    const before = readdirSync(folder);
    const out = new OutputFile(file);
    out.write('source,seq\r\n');
    expect(out.keepPartial()).toBe(`${file}.${make.length + 1}.partial`);
    expect(readdirSync(folder).toSorted()).toEqual([...before, `a.txt.${make.length + 1}.partial`].toSorted());
    expect(readFileSync(`${file}.partial`, 'latin1')).toBe('\0\0\0\x20ftypisom');
  });

  it.skipIf(!posix)(
    'in place of a link, a link to nothing or a pipe, if it is told so: what they lead to stays',
    () => {
      const folder = scratch();
      writeFileSync(path.join(folder, 'victim'), 'old');
      symlinkSync('victim', path.join(folder, 'a'));
      symlinkSync('nowhere', path.join(folder, 'b'));
      execFileSync('mkfifo', [path.join(folder, 'c')]);
      for (const name of ['a', 'b', 'c']) {
        const out = new OutputFile(path.join(folder, name), { replace: 'irregular' });
        out.write('new');
        out.commit();
        expect([name, lstatSync(path.join(folder, name)).isFile()]).toEqual([name, true]);
      }
      expect(readFileSync(path.join(folder, 'victim'), 'utf8')).toBe('old');
      expect(readdirSync(folder).toSorted()).toEqual(['a', 'b', 'c', 'victim']);
      const kept = path.join(folder, 'victim');
      chmodSync(kept, 0o640);
      const out = new OutputFile(kept, { replace: 'irregular' });
      out.commit();
      expect(statSync(kept).mode & 0o777).toBe(0o640);
      expect(failure(() => new OutputFile(folder, { replace: 'irregular' }))).toContain('it is a directory');
    },
  );

  it.skipIf(!posix)('follows a link: its target is replaced, the link stays', () => {
    const folder = scratch();
    const elsewhere = path.join(folder, 'elsewhere');
    mkdirSync(elsewhere);
    const [target, link] = [path.join(elsewhere, 'target.txt'), path.join(folder, 'link.txt')];
    writeFileSync(target, 'old');
    symlinkSync('elsewhere/target.txt', link);
    const out = new OutputFile(link);
    out.write('new');
    out.commit();
    expect(readFileSync(target, 'utf8')).toBe('new');
    expect(readlinkSync(link)).toBe('elsewhere/target.txt');
    const partial = new OutputFile(link);
    partial.write('part');
    expect(partial.keepPartial()).toBe(`${target}.partial`);
    expect(readdirSync(folder).toSorted()).toEqual(['elsewhere', 'link.txt']);
  });

  it.skipIf(!posix)('refuses a link to nothing, rather than replace the link', () => {
    const link = path.join(scratch(), 'link.txt');
    symlinkSync('nowhere/at-all.txt', link);
    expect(failure(() => new OutputFile(link))).toBe(
      `cannot write ${link}: it is a link to a file that does not exist`,
    );
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
  });

  it('names what it cannot write, at once', () => {
    const folder = scratch();
    expect(failure(() => new OutputFile(folder))).toBe(`cannot write ${folder}: it is a directory`);
    const missing = path.join(folder, 'missing/a.txt');
    expect(failure(() => new OutputFile(missing))).toMatch(/^cannot write .*missing\/a\.txt: ENOENT/);
    writeFileSync(path.join(folder, 'file'), '');
    expect(failure(() => new OutputFile(path.join(folder, 'file/a.txt')))).toMatch(/: ENOTDIR/);
    expect(failure(() => new OutputFile(path.join(folder, 'x'.repeat(300))))).toMatch(/: ENAMETOOLONG/);
  });

  it.skipIf(process.platform !== 'linux')('writes a device directly, and names it when it is full', () => {
    const out = new OutputFile('/dev/full');
    expect(failure(() => out.write('text'))).toMatch(/^cannot write \/dev\/full: ENOSPC/);
    out.discard();
    new OutputFile('/dev/null').commit();
    expect(readdirSync('/dev').filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it.skipIf(!posix)('writes a named pipe directly', () => {
    const folder = scratch();
    const fifo = path.join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    // Open for reading first, or opening it for writing would wait.
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const out = new OutputFile(fifo);
    out.write('line\n');
    const buffer = Buffer.alloc(100);
    expect(buffer.toString('utf8', 0, readSync(reader, buffer))).toBe('line\n');
    expect(out.keepPartial()).toBeUndefined();
    closeSync(reader);
    expect([readdirSync(folder), lstatSync(fifo).isFIFO()]).toEqual([['fifo'], true]);
  });

  it('says so when its folder went away', () => {
    const folder = path.join(scratch(), 'gone');
    mkdirSync(folder);
    const out = new OutputFile(path.join(folder, 'a.txt'));
    out.write('text');
    execFileSync('rm', ['-r', folder]);
    expect(failure(() => out.commit())).toMatch(/^cannot write .*a\.txt: ENOENT/);
    out.discard();
  });

  it('writes a long text whole', () => {
    const file = path.join(scratch(), 'a.txt');
    const out = new OutputFile(file);
    const text = `${'🦜x'.repeat(400_000)}\n`;
    out.write(text);
    out.commit();
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});
