// A process that leaves while its scoring threads are at work: node leaving-process.js HEAD ROWS.npy EXIT_CODE
import { twoThreads } from './two-threads.ts';

const [head, path, exitCode] = process.argv.slice(2) as [string, string, string];
const { score } = await twoThreads(head, path);
// After the first blocks onnxruntime is at work.
await Promise.all(score());
score();
setTimeout(() => process.exit(Number(exitCode)), 50);
