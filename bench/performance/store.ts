import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import { buildStore } from '../../src/store/build.ts';
import { openStore } from '../../src/store/reader.ts';
import { timeStaticOndiskKv, writeFlat } from '../support/store-rivals.ts';
import type { PerformanceBench } from './bench.ts';

const ENTRIES = 1_000_000;
const LOOKUPS = 200_000;
const MEMORY_MB = 512;
const US_PER_SECOND = 1e6;

/** Look-ups of hashes one by one, beside the Python library that LAION's tools look scores up with. */
export const STORE_BENCH: PerformanceBench = {
  name: 'store',
  async prepare({ folder, python }) {
    const what = `look-ups one by one in a store of ${ENTRIES / 1e6} million hashes`;
    if (python?.versionOf('static-ondisk-kv') === undefined) {
      return [{ what, missing: 'static-ondisk-kv; give --python' }];
    }
    const hashes = randomFillSync(new BigInt64Array(ENTRIES));
    const scores = Float32Array.from(hashes, (_, i) => (i % 640) / 64);
    const output = join(folder, 'store');
    await buildStore({
      output,
      rows: (async function* () {
        yield { hashes, columns: [scores] };
      })(),
      columns: ['aesthetic'],
      precision: 'float16',
      memoryMb: MEMORY_MB,
    });
    const flat = join(folder, 'flat');
    writeFlat(flat, hashes);
    const hits = hashes.filter((_, i) => i % (ENTRIES / LOOKUPS) === 0);
    const library = { command: python.command, folder: python.packages };
    const store = await openStore(output);
    const lookUpAll = (): void => {
      for (const hash of hits) if (!store.get(hash)) throw new Error(`${hash} is not in the store`);
    };
    // Once before the clock starts: what is timed is compiled, and its pages are mapped. The other side does so too.
    lookUpAll();
    return [
      {
        what,
        unit: 'CPU us a look-up',
        ours: () => {
          const before = process.cpuUsage();
          lookUpAll();
          const { user, system } = process.cpuUsage(before);
          return (user + system) / hits.length;
        },
        peer: {
          name: 'static-ondisk-kv',
          theirs: () => US_PER_SECOND / timeStaticOndiskKv(library, flat, hits),
        },
        goal: 1,
      },
    ];
  },
};
