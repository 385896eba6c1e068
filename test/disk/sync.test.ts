import type * as Fs from 'node:fs';
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { makeFolders, syncFile, syncFolder, syncTree } from '../../src/disk/sync.ts';
import { scratch } from '../support/media.ts';

const synced: string[] = [];
let refusal: string | undefined;

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof Fs>();
  const opened = new Map<number, string>();
  const openSync: typeof fs.openSync = (file, ...rest) => {
    const descriptor = fs.openSync(file, ...rest);
    opened.set(descriptor, String(file));
    return descriptor;
  };
  const fsyncSync: typeof fs.fsyncSync = (descriptor) => {
    if (refusal !== undefined) throw Object.assign(new Error(refusal), { code: refusal });
    fs.fsyncSync(descriptor);
    synced.push(opened.get(descriptor) ?? '');
  };
  return { ...fs, openSync, fsyncSync };
});

function syncedBy(action: () => void): string[] {
  synced.length = 0;
  action();
  return [...synced];
}

it('a new folder is synced into the folder that it is in, and so are its new parents', () => {
  const root = scratch();
  const folder = path.join(root, 'a', 'b', 'c');
  expect(syncedBy(() => makeFolders(folder)).toSorted()).toEqual([root, `${root}/a`, `${root}/a/b`]);
  expect(statSync(folder).isDirectory()).toBe(true);
  expect(syncedBy(() => makeFolders(folder))).toEqual([]);
  expect(syncedBy(() => makeFolders(path.join(root, 'a', 'd')))).toEqual([`${root}/a`]);
  expect(syncedBy(() => makeFolders(path.relative('.', path.join(root, 'e'))))).toEqual([root]);
});

it('a tree is synced with all its files and folders, and links are not followed', () => {
  const root = scratch();
  mkdirSync(path.join(root, 'a'));
  writeFileSync(path.join(root, 'a', 'one'), '1');
  writeFileSync(path.join(root, 'two'), '2');
  symlinkSync('/dev/zero', path.join(root, 'link'));
  expect(syncedBy(() => syncTree(root))).toEqual([`${root}/a/one`, `${root}/a`, `${root}/two`, root]);
});

it('a disk that fails is an error; one that cannot sync is none', () => {
  const root = scratch();
  const file = path.join(root, 'file');
  writeFileSync(file, '');
  for (const [code, ofFile, ofFolder] of [
    ['EIO', true, true],
    ['ENOSPC', true, true],
    ['EINVAL', false, false],
    ['ENOTSUP', false, false],
    ['EPERM', true, false],
  ] as const) {
    refusal = code;
    const fails = (action: () => void) => {
      try {
        action();
        return false;
      } catch {
        return true;
      }
    };
    expect([code, fails(() => syncFile(file)), fails(() => syncFolder(root))]).toEqual([code, ofFile, ofFolder]);
  }
  refusal = undefined;
  expect(() => syncFolder(path.join(root, 'none'))).toThrow('ENOENT');
});
