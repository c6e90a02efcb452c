// A process that leaves while its scoring threads are at work: node leaving-process.js HEAD ROWS.npy EXIT_CODE
import { loadHeads } from '../../src/rescore/head-set.ts';
import { readNpyLayout } from '../../src/rescore/npy-header.ts';
import { ScoringThreads } from '../../src/rescore/scoring-threads.ts';
import { aestheticHead } from './setup.ts';

const [head, path, exitCode] = process.argv.slice(2) as [string, string, string];
const source = aestheticHead(head);
const [loaded] = await loadHeads([source]);
const threads = new ScoringThreads(2, {
  pins: [{ ...source, digest: loaded!.head.digest }],
  ...{ bucketHead: 0, requireUnitNorm: true, normalise: false },
});
const layout = readNpyLayout(path);
const half = layout.rowCount / 2;
const score = (): Promise<unknown>[] =>
  [0, half].map((firstRow) => threads.score({ path, layout, firstRow, rowCount: half }));
// After the first blocks onnxruntime is at work.
await Promise.all(score());
score();
setTimeout(() => process.exit(Number(exitCode)), 50);
