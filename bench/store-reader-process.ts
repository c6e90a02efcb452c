// Looks hashes up in a store, in a process of its own, and prints its anonymous memory in MiB (undefined: null).
// Arguments: the store, a file of int64 hashes.
import { readFileSync } from 'node:fs';
import { openStore } from '../src/store/reader.ts';

const [path, hashesPath] = process.argv.slice(2) as [string, string];
const hashes = new BigInt64Array(new Uint8Array(readFileSync(hashesPath)).buffer);
const store = await openStore(path);
for (const hash of hashes) store.get(hash);
const [, kibibytes] = /RssAnon:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
process.stdout.write(`${JSON.stringify(kibibytes ? Math.round(Number(kibibytes) / 1024) : null)}\n`);
await store.close();
