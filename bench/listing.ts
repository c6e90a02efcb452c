// Listing images that lie in files, before anything is scored: CPU time for each row and peak resident memory of planning a folder and a tar
// archive, small and eight times as large, in one run. Where time is linear and memory does not grow with the rows, the ratios are near 1.
// Run: npx tsc; node .build/bench/listing.js [--files 100000] [--members 1000000]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { planRun } from '../src/shards/plan.ts';
import { makeArchive, makeImageFolder } from './support/collections.ts';

const TIMES = 8;
/** Nobody looks at it. */
const NO_IMAGE = new Uint8Array(512);

const { values: flags } = parseArgs({
  options: {
    files: { type: 'string', default: '100000' },
    members: { type: 'string', default: '1000000' },
    // What a child of the benchmark itself does.
    plan: { type: 'string' },
  },
});

/** What planning over an input cost. */
interface Cost {
  readonly rows: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

async function plan(input: string): Promise<Cost> {
  const stagingFolder = mkdtempSync(join(tmpdir(), 'bowerbird-bench-staging-'));
  try {
    const before = process.cpuUsage();
    const { rowCount } = await planRun({ inputs: [input], samplesPerShard: 10_000, stagingFolder });
    const { user, system } = process.cpuUsage(before);
    const peakMb = process.resourceUsage().maxRSS / 1024;
    return { rows: rowCount, cpuSeconds: (user + system) / 1e6, peakMb };
  } finally {
    rmSync(stagingFolder, { recursive: true, force: true });
  }
}

/** In a process of its own: peaks are of one input. */
function planApart(input: string): Cost {
  const script = fileURLToPath(import.meta.url);
  return JSON.parse(execFileSync(process.execPath, [script, '--plan', input], { encoding: 'utf8' })) as Cost;
}

function tell(what: string, small: Cost, large: Cost): void {
  const perRow = ({ cpuSeconds, rows }: Cost): number => (1e6 * cpuSeconds) / rows;
  for (const cost of [small, large])
    process.stdout.write(
      `${what} of ${cost.rows}: ${perRow(cost).toFixed(0)} us of CPU time a row, peak ${cost.peakMb.toFixed(0)} MB\n`,
    );
  const cpu = perRow(large) / perRow(small);
  process.stdout.write(
    `${what}, large to small: CPU time a row ${cpu.toFixed(2)}, memory ${(large.peakMb / small.peakMb).toFixed(2)}\n`,
  );
}

async function bench(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bowerbird-bench-listing-'));
  try {
    const [files, memberCount] = [Number(flags.files), Number(flags.members)];
    const folders = [Math.ceil(files / TIMES), files].map((count) => join(folder, String(count)));
    for (const path of folders) {
      makeImageFolder(path, Number(path.slice(folder.length + 1)), () => NO_IMAGE);
    }
    const archives = [Math.ceil(memberCount / TIMES), memberCount].map((count) => ({
      count,
      path: join(folder, `${count}.tar`),
    }));
    for (const { count, path } of archives) await makeArchive(path, count, () => NO_IMAGE);
    tell('folder', planApart(folders[0]!), planApart(folders[1]!));
    tell('archive', planApart(archives[0]!.path), planApart(archives[1]!.path));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (flags.plan === undefined) await bench();
else process.stdout.write(JSON.stringify(await plan(flags.plan)));
