// Sends requests to a server for some seconds over connections that are kept, and prints how many were answered.
// Arguments: URL, way (json, octets, mixed or single), hashes in a request, connections, seconds, file of int64 hashes.
import { readFileSync } from 'node:fs';
import { Agent } from 'undici';

const [url, way, batchText, connectionsText, secondsText, hashFile] = process.argv.slice(2);
const batch = Number(batchText);
const connections = Number(connectionsText);
const bytes = readFileSync(hashFile!);
const hashes = new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
const PREPARED = 64;

interface Load {
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

/** Requests are made beforehand: their making is no cost of the server. */
function prepare(i: number): Load {
  const from = (i * batch) % (hashes.length - batch);
  const wanted = hashes.slice(from, from + batch);
  if (way === 'single') return { method: 'GET', path: `/score/${wanted[0]}` };
  const isJson = way === 'json';
  return {
    method: 'POST',
    path: '/scores',
    headers: { 'content-type': isJson ? 'application/json' : 'application/octet-stream' },
    body: isJson ? JSON.stringify({ hashes: Array.from(wanted, String) }) : new Uint8Array(wanted.buffer),
  };
}

const loads = Array.from({ length: PREPARED }, (_, i) => prepare(i));
const agent = new Agent({ connections });
const endMs = performance.now() + 1000 * Number(secondsText);
let answered = 0;
let failed = 0;

async function client(first: number): Promise<void> {
  for (let i = first; performance.now() < endMs; i++) {
    const { statusCode, body } = await agent.request({ origin: url!, ...loads[i % PREPARED]! });
    await body.dump();
    if (statusCode === 200) answered++;
    else failed++;
  }
}

await Promise.all(Array.from({ length: connections }, (_, i) => client(i * 7)));
await agent.close();
console.log(JSON.stringify({ answered, failed }));
