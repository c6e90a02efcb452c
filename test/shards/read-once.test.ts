import { existsSync, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { duck, plan, readAll, temporaryFolder } from './fixtures.ts';

// In a file, and so a process, of its own: the counter is the process's.
function bytesRead(): number | undefined {
  if (!existsSync('/proc/self/io')) return undefined;
  return Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))![1]);
}

for (const [title, rowGroupSize] of [
  ['one row group', 60_000],
  ['many row groups', 2048],
] as const) {
  test.serial(`a plan reads footers alone and each file is read once: 60 shards in ${title}`, async (t) => {
    const folder = await temporaryFolder(t);
    const path = join(folder, 'a.parquet');
    await duck(
      `COPY (SELECT 'u' || i AS url, repeat(hash(i)::VARCHAR, 12) AS ballast FROM range(60000) AS rows(i))
       TO '${path}' (FORMAT parquet, COMPRESSION uncompressed, ROW_GROUP_SIZE ${rowGroupSize})`,
    );
    const { size } = await stat(path);
    const before = bytesRead();
    if (before === undefined) {
      t.log('skipped: this system does not count the bytes read');
      t.pass();
      return;
    }
    const runPlan = await plan(folder, path, { samplesPerShard: 1000 });
    const planned = bytesRead()!;
    t.true(planned - before < size / 10, `planning read ${planned - before} of ${size} bytes`);
    const shards = await readAll(t, folder, runPlan);
    t.is(shards.length, 60);
    const scanned = bytesRead()! - planned;
    t.log(`planning read ${planned - before}, reading ${scanned} of ${size} bytes`);
    t.true(scanned > size * 0.9 && scanned < size * 1.2, `reading read ${scanned} of ${size} bytes`);
  });
}
