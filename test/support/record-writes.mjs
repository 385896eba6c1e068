// Loaded by `node --import` before a program: notes in the file RECORD_WRITES what the program syncs, renames and deletes.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';

const log = process.env['RECORD_WRITES'];
const { appendFileSync, closeSync, fsyncSync, openSync, renameSync, rmSync } = fs;
const opened = new Map();
const note = (...words) => log && appendFileSync(log, `${words.join('\t')}\n`);

Object.assign(fs, {
  openSync(file, ...rest) {
    const descriptor = openSync(file, ...rest);
    opened.set(descriptor, path.resolve(String(file)));
    return descriptor;
  },
  closeSync(descriptor) {
    closeSync(descriptor);
    opened.delete(descriptor);
  },
  fsyncSync(descriptor) {
    fsyncSync(descriptor);
    note('sync', opened.get(descriptor));
  },
  renameSync(from, to) {
    renameSync(from, to);
    note('rename', path.resolve(from), path.resolve(to));
  },
  rmSync(file, options) {
    const existed = fs.existsSync(file);
    rmSync(file, options);
    if (existed) note('delete', path.resolve(file));
  },
});
syncBuiltinESMExports();
