import { existsSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Spill } from '../../src/base/spill.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { isOpen } from '../helpers/open-files.ts';

const WORDS = 3;
/** More than a buffer holds, so that a partition lies in several places of the file. */
const RECORDS = 1000;

/** A spill of two partitions, by the lowest bit: record `i` is `[i, 0, 7 * i]`. */
async function makeSpill(t: ExecutionContext): Promise<{ spill: Spill; path: string }> {
  const path = join(await makeFolder(t), 'spill');
  const spill = new Spill({ path, words: WORDS, bits: 1, shift: 0, bufferBytes: 0 });
  const records = Uint32Array.from({ length: RECORDS * WORDS }, (_, at) => {
    const record = Math.floor(at / WORDS);
    return [record, 0, 7 * record][at % WORDS]!;
  });
  spill.add(records, RECORDS);
  spill.finish();
  return { spill, path };
}

/** The first words of a partition's records. */
function readAll(spill: Spill, partition: number): number[] {
  const first: number[] = [];
  for (const chunk of spill.read(partition))
    for (let at = 0; at < chunk.length; at += WORDS) first.push(chunk[at]!);
  return first;
}

test('records come back by partition, whole and in their order, and the file goes', async (t) => {
  const { spill, path } = await makeSpill(t);
  t.is(statSync(path).size, RECORDS * WORDS * 4);
  t.deepEqual([...spill.counts], [RECORDS / 2, RECORDS / 2]);
  for (const partition of [0, 1]) {
    const expected = Array.from({ length: RECORDS / 2 }, (_, i) => 2 * i + partition);
    t.deepEqual(readAll(spill, partition), expected);
  }
  spill.close();
  t.false(existsSync(path));
  t.false(isOpen(path));
});

for (const bytes of [0, 5, RECORDS * WORDS * 4 - 1]) {
  test(`a file that somebody has cut to ${bytes} bytes is named: what is missing is never made up`, async (t) => {
    const { spill, path } = await makeSpill(t);
    truncateSync(path, bytes);
    t.throws(() => [0, 1].map((partition) => readAll(spill, partition)), {
      message: `${path} was cut short while it was in use`,
    });
    spill.close();
  });
}
