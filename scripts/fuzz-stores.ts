/**
 * Damages stores at random (changed bytes and bits, cut and lengthened files, swapped and zeroed pages, lost files) and
 * asks each for everything: every answer must be right, a miss right, or refused with a code. Ends with 1 where not.
 *
 *   node .build/scripts/fuzz-stores.js [--count 500] [--seed 1]
 */
import { parseArgs } from 'node:util';
import { fuzzStores } from './store-fuzz/fuzz.ts';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '500' }, seed: { type: 'string', default: '1' } },
});
const report = await fuzzStores(Number(values.count), Number(values.seed), (done) => {
  if (done % 50 === 0) process.stderr.write(`${done} stores\n`);
});
console.log(JSON.stringify(report, null, 2));
process.exitCode = report.wrong.length + report.raw.length + report.unseen.length > 0 ? 1 : 0;
