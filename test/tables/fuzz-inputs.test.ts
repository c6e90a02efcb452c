import { join } from 'node:path';
import test from 'ava';
import { makeSeeds, mutate, readMutated } from '../helpers/fuzz-inputs.ts';
import { temporaryFolder } from '../shards/fixtures.ts';

const COUNT = 40;

test('mutated inputs are refused with a code or read with all their rows (scripts/fuzz-inputs.ts tries more)', async (t) => {
  const folder = await temporaryFolder(t);
  const seeds = await makeSeeds(join(folder, 'seeds'));
  const ended = new Set<string>();
  for (let number = 0; number < COUNT; number++) {
    const outcome = await readMutated(folder, mutate(seeds, number), number);
    t.false(outcome.fault, `${number} (${outcome.name}): ${outcome.ended}`);
    ended.add(outcome.ended);
  }
  t.true(ended.has('read') && ended.size > 2);
});
