// Loaded by `node --import` before a program: the call number FAIL_AT of FAIL_CALL (write, fsync, rename, unlink, open) fails with EIO,
// and all later ones work. Only calls below the folder FAIL_BELOW count; reading and what Node loads does not.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';

const { FAIL_CALL: call, FAIL_AT: at, FAIL_BELOW: below = '' } = process.env;
const original = { ...fs };
const promises = { ...fs.promises };
const names = new Map();
let count = 0;

function check(which, file) {
  if (which !== call || !path.resolve(String(file)).startsWith(below)) return;
  if (++count !== Number(at)) return;
  throw Object.assign(new Error(`EIO: i/o error, ${which} '${file}'`), { code: 'EIO', errno: -5, syscall: which });
}
const writes = (flags = 'r') => (typeof flags === 'number' ? (flags & 3) !== 0 : flags !== 'r');

Object.assign(fs, {
  openSync(file, flags, ...rest) {
    if (writes(flags)) check('open', file);
    const descriptor = original.openSync(file, flags, ...rest);
    names.set(descriptor, file);
    return descriptor;
  },
  writeSync(descriptor, ...rest) {
    check('write', names.get(descriptor) ?? '/');
    return original.writeSync(descriptor, ...rest);
  },
  fsyncSync(descriptor) {
    check('fsync', names.get(descriptor) ?? '/');
    return original.fsyncSync(descriptor);
  },
  writeFileSync(file, ...rest) {
    check('write', file);
    return original.writeFileSync(file, ...rest);
  },
  renameSync(from, to) {
    check('rename', to);
    return original.renameSync(from, to);
  },
  rmSync(file, options) {
    check('unlink', file);
    return original.rmSync(file, options);
  },
  unlinkSync(file) {
    check('unlink', file);
    return original.unlinkSync(file);
  },
});
Object.assign(fs.promises, {
  async rename(from, to) {
    check('rename', to);
    return promises.rename(from, to);
  },
  async rm(file, options) {
    check('unlink', file);
    return promises.rm(file, options);
  },
});
syncBuiltinESMExports();
