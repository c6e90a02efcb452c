// `bowerbird serve` under load over loopback: requests per CPU-second of the server process, for batches as JSON and as
// int64, and for single hashes; beside it getMany alone, in this process. The load comes from a process of its own.
// Run: npx tsc; node .build/bench/serve.js [--entries 1000000] [--batch 1000] [--seconds 4] [--rounds 3]
import { type ChildProcess, spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildStore } from '../src/store/build.ts';
import { openStore } from '../src/store/reader.ts';
import { median } from './support/median.ts';
import { cpuSecondsOf, runScript } from './support/processes.ts';

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '1000000' },
    batch: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
  },
});
const entries = Number(values.entries);
const batch = Number(values.batch);
const CONNECTIONS = 8;
const WARM_UP_SECONDS = '1';
const WAYS = ['json', 'octets', 'single'] as const;

const scriptBeside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

function randomHashes(count: number): BigInt64Array {
  const hashes = new BigInt64Array(count);
  const step = 2 ** 20;
  for (let from = 0; from < count; from += step) randomFillSync(hashes.subarray(from, from + step));
  return hashes;
}

/** Batches of `getMany` per CPU-second, without HTTP. */
async function withoutServer(store: string, hashes: BigInt64Array): Promise<number> {
  const open = await openStore(store);
  const batches = 1000;
  const before = process.cpuUsage();
  for (let i = 0; i < batches; i++) {
    const from = (i * batch) % (hashes.length - batch);
    open.getMany(hashes.subarray(from, from + batch));
  }
  const { user, system } = process.cpuUsage(before);
  await open.close();
  return batches / ((user + system) / 1e6);
}

async function startServer(store: string): Promise<{ child: ChildProcess; url: string }> {
  const main = scriptBeside('../src/cli/main.js');
  const args = [main, 'serve', store, '--port', '0', '--json', '--max-hashes', String(batch)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(child.stdout!, 'data');
  return { child, url: (JSON.parse(String(line)) as { url: string }).url };
}

/** Requests per CPU-second of the server, and per second. */
async function load(
  pid: number,
  args: readonly string[],
): Promise<{ perCpuSecond: number; perSecond: number }> {
  const before = cpuSecondsOf(pid);
  const { stdout, wallSeconds } = await runScript(scriptBeside('./serve-load-process.js'), args);
  const { answered, failed } = JSON.parse(stdout) as { answered: number; failed: number };
  if (failed > 0) throw new Error(`${failed} requests failed`);
  return { perCpuSecond: answered / (cpuSecondsOf(pid) - before), perSecond: answered / wallSeconds };
}

const folder = await mkdtemp(join(tmpdir(), 'bowerbird-bench-serve-'));
try {
  const hashes = randomHashes(entries);
  const scores = Float32Array.from(hashes, (_, i) => (i % 640) / 64);
  const store = join(folder, 'scores');
  async function* rows(): AsyncGenerator<{ hashes: BigInt64Array; columns: Float32Array[] }> {
    yield { hashes, columns: [scores] };
  }
  await buildStore({
    output: store,
    rows: rows(),
    columns: ['aesthetic'],
    precision: 'float16',
    memoryMb: 512,
  });
  const hashFile = join(folder, 'hashes');
  writeFileSync(hashFile, new Uint8Array(hashes.buffer, 0, 8 * Math.min(entries, 2 ** 20)));
  const { child, url } = await startServer(store);
  const argsOf = (way: string, seconds: string): string[] => [
    url,
    way,
    String(way === 'single' ? 1 : batch),
    String(CONNECTIONS),
    seconds,
    hashFile,
  ];
  for (const way of WAYS) await load(child.pid!, argsOf(way, WARM_UP_SECONDS));
  console.log(
    `${entries} entries, batches of ${batch}, ${CONNECTIONS} connections, medians of ${values.rounds} rounds`,
  );
  const direct: number[] = [];
  const rates: Record<string, number[]> = {};
  for (let round = 0; round < Number(values.rounds); round++) {
    direct.push(await withoutServer(store, hashes));
    for (const way of WAYS) {
      const { perCpuSecond } = await load(child.pid!, argsOf(way, values.seconds));
      rates[way] = [...(rates[way] ?? []), perCpuSecond];
    }
  }
  const line = (name: string, list: readonly number[], unit: string): void =>
    console.log(
      `${name.padEnd(28)}${median(list).toFixed(0).padStart(8)} ${unit} (${Math.min(...list).toFixed(0)} to ${Math.max(...list).toFixed(0)})`,
    );
  line('getMany alone', direct, 'batches per CPU-second');
  line('POST /scores, JSON', rates['json']!, 'batches per server CPU-second');
  line('POST /scores, int64', rates['octets']!, 'batches per server CPU-second');
  line('GET /score/{hash}', rates['single']!, 'requests per server CPU-second');
  child.kill('SIGTERM');
  await once(child, 'exit');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
