// Looks hashes up in a store, in a process of its own, and prints how long that took and its anonymous memory in MiB
// (undefined: null). Arguments: the store, a file of int64 hashes, whether pages are checked.
import { readFileSync } from 'node:fs';
import { openStore } from '../src/store/reader.ts';

const [path, hashesPath, checkPages] = process.argv.slice(2) as [string, string, string];
const hashes = new BigInt64Array(new Uint8Array(readFileSync(hashesPath)).buffer);
const store = await openStore(path, { checkPages: checkPages === 'true' });
const startedAtMs = performance.now();
for (const hash of hashes) store.get(hash);
const milliseconds = performance.now() - startedAtMs;
const [, kibibytes] = /RssAnon:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
const anonymousMib = kibibytes ? Math.round(Number(kibibytes) / 1024) : null;
process.stdout.write(`${JSON.stringify({ milliseconds, anonymousMib })}\n`);
await store.close();
