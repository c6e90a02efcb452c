import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { BowerbirdError } from '../../src/base/errors.ts';
import { OutputFile, outputFailure } from '../../src/base/output-file.ts';

async function makeFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-output-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('an output has its name only once it is whole, and its folder is made', async (t) => {
  const path = join(await makeFolder(t), 'new', 'scores.tsv');
  const output = await OutputFile.open(path, false);
  await writeFile(output.temporary, 'half');
  t.false(existsSync(path));
  await output.commit();
  await output.discard();
  t.is(await readFile(path, 'utf8'), 'half');
  t.deepEqual(await readdir(join(path, '..')), ['scores.tsv']);
});

test('what was discarded leaves nothing', async (t) => {
  const folder = await makeFolder(t);
  const output = await OutputFile.open(join(folder, 'scores.tsv'), false);
  await writeFile(output.temporary, 'half');
  await output.discard();
  t.deepEqual(await readdir(folder), []);
});

test('a file that exists is replaced only where that was asked for', async (t) => {
  const path = join(await makeFolder(t), 'scores.tsv');
  await writeFile(path, 'old');
  const refused = {
    code: 'BB_OUTPUT_EXISTS',
    message: /scores\.tsv exists already\. Give --incremental-mode overwrite/,
  };
  await t.throwsAsync(OutputFile.open(path, false), refused);
  const output = await OutputFile.open(path, true);
  await writeFile(output.temporary, 'new');
  await output.commit();
  t.is(await readFile(path, 'utf8'), 'new');
});

test('a file that came up meanwhile is not replaced either', async (t) => {
  const path = join(await makeFolder(t), 'scores.tsv');
  const output = await OutputFile.open(path, false);
  await writeFile(output.temporary, 'ours');
  await writeFile(path, 'theirs');
  await t.throwsAsync(output.commit(), { code: 'BB_OUTPUT_EXISTS' });
  t.is(await readFile(path, 'utf8'), 'theirs');
});

test('a folder or a device is never replaced', async (t) => {
  const folder = await makeFolder(t);
  await t.throwsAsync(OutputFile.open(folder, true), { code: 'BB_OUTPUT_EXISTS', message: /is a folder/ });
  await t.throwsAsync(OutputFile.open('/dev/null', true), {
    code: 'BB_OUTPUT_EXISTS',
    message: /no regular file/,
  });
});

test('through a link the file behind it is replaced, the link stays', async (t) => {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'far'));
  const far = join(folder, 'far', 'scores.tsv');
  const link = join(folder, 'link.tsv');
  await writeFile(far, 'old');
  await symlink(far, link);
  const output = await OutputFile.open(link, true);
  await writeFile(output.temporary, 'new');
  await output.commit();
  t.is(await readFile(far, 'utf8'), 'new');
  t.is(await readFile(link, 'utf8'), 'new');
});

test('a place where nothing can be written is told with the reason of the system', async (t) => {
  const folder = await makeFolder(t);
  await writeFile(join(folder, 'file'), '');
  await t.throwsAsync(OutputFile.open(join(folder, 'file', 'scores.tsv'), false), {
    code: 'BB_OUTPUT_WRITE',
    message: /ENOTDIR|EEXIST/,
  });
});

test('a full disk is told as such, whoever notices it; what is no failed write comes back as it is', (t) => {
  const bySystem = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    errno: -28,
    code: 'ENOSPC',
  });
  const byDuckDb = new Error('IO Error: Could not write file "x": No space left on device');
  for (const thrown of [bySystem, byDuckDb]) {
    const failure = outputFailure('/data/x.kv', thrown);
    t.true(failure instanceof BowerbirdError);
    t.like(failure, { code: 'BB_DISK_FULL', cause: thrown });
    t.regex((failure as Error).message, /disk of \/data\/x\.kv/);
  }
  t.like(outputFailure('/data/x.kv', new Error('IO Error: Cannot open file "x": Permission denied')), {
    code: 'BB_OUTPUT_WRITE',
  });
  const known = new BowerbirdError('BB_SHARD_READ', 'Reading failed.');
  t.is(outputFailure('/data/x.kv', known), known);
  const defect = new TypeError('undefined is not a function');
  t.is(outputFailure('/data/x.kv', defect), defect);
});

test('what killed processes left beside an output goes when it is written again; what a living one writes stays', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'scores.tsv');
  const living = await OutputFile.open(path, false);
  await writeFile(living.temporary, 'half');
  // The same name as a process has that is gone: none has this number.
  const owner = `-${process.pid}-`;
  const left = living.temporary.replace(owner, '-4194305-');
  t.not(left, living.temporary);
  for (const suffix of ['', '.rows', '.spill']) await writeFile(`${left}${suffix}`, 'half');
  await OutputFile.open(path, false);
  t.deepEqual(await readdir(folder), [basename(living.temporary)]);
});

test('an input is never replaced, by whatever link it is reached', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'hashes.parquet');
  await writeFile(path, 'hashes');
  await symlink(path, join(folder, 'link.parquet'));
  for (const name of ['hashes.parquet', 'link.parquet']) {
    await t.throwsAsync(OutputFile.open(join(folder, name), true, [path]), {
      code: 'BB_OUTPUT_EXISTS',
      message: /is an input of this command/,
    });
  }
});
