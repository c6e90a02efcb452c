import { spawnSync } from 'node:child_process';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { ErrorCode } from '../../src/base/error-codes.ts';
import { environmentError, withShownWords } from '../../src/cli/report-error.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { CLI } from '../helpers/run-cli.ts';

test('what was typed stands in a message as it may be shown, a password with spaces too', (t) => {
  const given = 'http://us:PA "SS SS@h/a.parquet';
  const shown = 'http://h/a.parquet';
  for (const args of [['merge', 'a b', given], [`--input-format=${given}`]]) {
    t.is(withShownWords(`Unknown command: ${given}`, args), `Unknown command: ${shown}`);
    t.is(withShownWords(`It is ${JSON.stringify(given)} of a b.`, args), `It is "${shown}" of a b.`);
  }
});

function coded(message: string, code?: string): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

const FAULTS: readonly (readonly [Error, ErrorCode])[] = [
  [coded('EMFILE: too many open files, open x', 'EMFILE'), 'BB_TOO_FEW_FILE_DESCRIPTORS'],
  [coded('spawn ENOMEM', 'ENOMEM'), 'BB_OUT_OF_MEMORY'],
  [new RangeError('Array buffer allocation failed'), 'BB_OUT_OF_MEMORY'],
  [new RangeError('WebAssembly.Memory(): could not allocate memory'), 'BB_OUT_OF_MEMORY'],
  [new RangeError('Invalid array buffer length'), 'BB_OUT_OF_MEMORY'],
  [new Error('std::bad_alloc'), 'BB_OUT_OF_MEMORY'],
  [
    coded('libduckdb.so: cannot open shared object file: No such file or directory', 'ERR_DLOPEN_FAILED'),
    'BB_INSTALLATION',
  ],
  [
    coded("/lib64/libc.so.6: version `GLIBC_2.34' not found (required by x.node)", 'ERR_DLOPEN_FAILED'),
    'BB_INSTALLATION',
  ],
  [
    new Error('Could not load the "sharp" module using the linux-x64 runtime\nPossible solutions:'),
    'BB_INSTALLATION',
  ],
  [new Error('No native build was found for platform=linux arch=x64 runtime=node'), 'BB_INSTALLATION'],
  [
    coded("Cannot find module '@duckdb/node-bindings-linux-x64/duckdb.node'", 'MODULE_NOT_FOUND'),
    'BB_INSTALLATION',
  ],
  [coded("Cannot find package 'lmdb' imported from reader.js", 'ERR_MODULE_NOT_FOUND'), 'BB_INSTALLATION'],
];

for (const [fault, code] of FAULTS) {
  test(`${fault.message.split('\n')[0]} is ${code}, with what to do`, (t) => {
    const error = environmentError(fault);
    t.is(error?.code, code);
    t.regex(error?.message ?? '', /ulimit|Install again/);
    t.notRegex(error?.message ?? '', /\n/);
  });
}

test('a mistake of our own is not put down to the machine', (t) => {
  t.is(environmentError(new TypeError('x is not a function')), undefined);
  t.is(environmentError('thrown text'), undefined);
});

test('a program whose files are gone says so and ends', async (t) => {
  const folder = await makeFolder(t);
  await copyFile(CLI, join(folder, 'main.js'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  const { status, stderr } = spawnSync(process.execPath, [join(folder, 'main.js'), '--help'], {
    encoding: 'utf8',
  });
  t.is(status, 2);
  t.regex(stderr, /^bowerbird: files of the program are missing.*command-line\.js.*\n\[BB_INSTALLATION\]\n$/);
});
