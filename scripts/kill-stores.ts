/**
 * Ends `bowerbird store add`, `store compact`, `store build` and `store export` by SIGKILL at random moments. After each
 * kill the store must be whole, with the answers of before or after; at the end nothing may be left that no next command
 * removes. Ends with 1 where not.
 *
 *   node .build/scripts/kill-stores.js [--count 30] [--seed 1]
 */
import { parseArgs } from 'node:util';
import { killStores } from './store-fuzz/kills.ts';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '30' }, seed: { type: 'string', default: '1' } },
});
const report = await killStores(Number(values.count), Number(values.seed), (told) =>
  process.stderr.write(`${told}\n`),
);
console.log(JSON.stringify(report, null, 2));
process.exitCode = report.lost.length + report.left.length > 0 ? 1 : 0;
