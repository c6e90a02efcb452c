import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { tarOf } from '../helpers/tar-archive.ts';
import { plan, temporaryFolder } from './fixtures.ts';

// In a file, and so a process, of its own: the counter is the process's.
function bytesRead(): number {
  return Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))![1]);
}

const MEMBERS = 300;
const MEMBER_BYTES = 20_000;

function makeArchive(): Buffer {
  return tarOf(
    Array.from({ length: MEMBERS }, (_, i) => ({ name: `${i}.jpg`, content: randomBytes(MEMBER_BYTES) })),
  );
}

/** What is read to list an archive, in parts of its size. */
async function partsRead(t: ExecutionContext, folder: string, path: string, size: number): Promise<number> {
  const before = bytesRead();
  const { rowCount } = await plan(folder, path);
  t.is(rowCount, MEMBERS);
  const parts = (bytesRead() - before) / size;
  t.log(`${parts.toFixed(2)} times its size`);
  return parts;
}

const testWithCounter = existsSync('/proc/self/io') ? test.serial : test.serial.skip;

testWithCounter('an archive is read once to be listed, and once more when a run goes on', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'a.tar');
  const archive = makeArchive();
  await writeFile(path, archive);
  // What is loaded the first time is not the archive.
  const small = join(folder, 'small.tar');
  await writeFile(small, tarOf([{ name: '0.jpg', content: 'x' }]));
  await plan(folder, small);
  t.true((await partsRead(t, folder, path, archive.length)) < 1.2);
  t.true((await partsRead(t, folder, path, archive.length)) < 1.2);
});

testWithCounter('a packed archive is read once to be unpacked, and its copy once to be listed', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'a.tar.gz');
  const archive = makeArchive();
  await writeFile(path, gzipSync(archive, { level: 1 }));
  const staging = join(folder, 'staging');
  await mkdir(staging);
  t.true((await partsRead(t, staging, path, archive.length)) < 2.2);
  // The copy that is there is found by the digest, which takes one reading as well.
  t.true((await partsRead(t, staging, path, archive.length)) < 2.2);
  await rm(staging, { recursive: true });
});
