import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openStore } from '../../src/store/reader.ts';
import { verifyStore } from '../../src/store/verify.ts';
import { Random } from '../random.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const ROWS = 60_000;
const ADDED = 20_000;
const MODES = ['add', 'compact', 'build', 'export'] as const;
type Mode = (typeof MODES)[number];

/** What became of stores whose writers were ended by SIGKILL. */
export interface KillReport {
  readonly kills: Record<Mode, number>;
  /** Kills after which the new version was there already. */
  published: number;
  /** What was neither as before nor as after. */
  readonly lost: string[];
  /** Names that were left when all was done. */
  readonly left: string[];
}

/** Kills each of the commands `count` times. Rows have one score each time: `added` of them that of the last addition. */
export async function killStores(
  count: number,
  seed: number,
  tell: (line: string) => void = () => undefined,
): Promise<KillReport> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-kills-'));
  const world = new World(folder);
  const random = new Random(seed);
  const report: KillReport = {
    kills: { add: 0, compact: 0, build: 0, export: 0 },
    published: 0,
    lost: [],
    left: [],
  };
  try {
    await world.start();
    for (let step = 1; ; step++) {
      const wanted = MODES.filter((one) => report.kills[one] < count);
      const mode = wanted[step % wanted.length];
      if (!mode) break;
      const wasKilled = await world.kill(mode, step, random.next());
      if (wasKilled) report.kills[mode]++;
      const outcome = await world.settle(mode, step);
      if (outcome === 'lost') report.lost.push(`${mode} ${step}`);
      if (outcome === 'after' && wasKilled) report.published++;
      tell(`${step} ${mode} ${wasKilled ? 'killed' : 'ended first'}: ${outcome}`);
    }
    report.left.push(...(await world.leftAfterAll()));
    return report;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A store, its inputs, and what it should say. */
class World {
  readonly #folder: string;
  readonly #store: string;
  readonly #temporary: string;
  readonly #export: string;
  /** Scores of the rows that are added, and of the others. */
  #state: readonly [number, number] = [1, 1];
  /** How long each command takes when nobody ends it. */
  readonly #durations = new Map<Mode, number>();

  constructor(folder: string) {
    this.#folder = folder;
    this.#store = join(folder, 'scores');
    this.#temporary = join(folder, 'tmp');
    this.#export = join(folder, 'out', 'scores.kv');
  }

  async start(): Promise<void> {
    await mkdir(this.#temporary);
    for (const mode of ['build', 'add', 'compact', 'export'] as const) {
      const startedAtMs = performance.now();
      await this.#end(await this.#run(mode, 1));
      this.#durations.set(mode, performance.now() - startedAtMs);
    }
  }

  /** Ends a command after a part of the time that it takes; false where it was done before. */
  async kill(mode: Mode, score: number, part: number): Promise<boolean> {
    // Without a second version there is nothing to compact.
    if (mode === 'compact') await this.#end(await this.#run('add', this.#state[0]));
    const child = await this.#run(mode, score);
    const closed = once(child, 'close');
    // What is worth ending comes late: Node starts for half of the time.
    await Promise.race([setTimeout(this.#durations.get(mode)! * (0.3 + 0.6 * part)), closed]);
    child.kill('SIGKILL');
    const [, signal] = (await closed) as [number | null, string | null];
    return signal === 'SIGKILL';
  }

  /** Looks at every byte and row of the store: it is as before the step or as after it, or something was lost. */
  async settle(mode: Mode, score: number): Promise<'before' | 'after' | 'lost'> {
    const before = this.#state;
    const after = mode === 'build' ? [score, score] : mode === 'add' ? [score, before[1]] : before;
    await verifyStore(this.#store);
    const store = await openStore(this.#store);
    const { found, columns } = store.getMany(hashesOf(ROWS));
    await store.close();
    const added = new Set(columns[0]!.subarray(0, ADDED));
    const others = new Set(columns[0]!.subarray(ADDED));
    if (found.includes(0) || added.size !== 1 || others.size !== 1) return 'lost';
    this.#state = [[...added][0]!, [...others][0]!];
    if (this.#state.join() === before.join()) return 'before';
    return this.#state.join() === after.join() ? 'after' : 'lost';
  }

  /** The commands run once more, to their end; gives the names of what should not be there then. */
  async leftAfterAll(): Promise<string[]> {
    for (const mode of ['add', 'compact', 'build', 'build', 'export'] as const)
      await this.#end(await this.#run(mode, 1));
    const store = await readdir(this.#store);
    const versions = store.filter((name) => /^v\d+$/.test(name));
    const others = store.filter((name) => name !== 'CURRENT' && !versions.includes(name));
    const outputs = (await readdir(join(this.#export, '..'))).filter(
      (name) => !/^scores\.kv(\.json)?$/.test(name),
    );
    // The version that was in use when the last build began stays for its readers.
    return [...others, ...versions.slice(2), ...outputs, ...(await readdir(this.#temporary))];
  }

  async #end(child: ReturnType<typeof spawn>): Promise<void> {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${child.spawnargs.slice(2).join(' ')} ended with ${code}`);
  }

  async #run(mode: Mode, score: number): Promise<ReturnType<typeof spawn>> {
    const input = join(this.#folder, 'rows.csv');
    if (mode === 'build' || mode === 'add')
      await writeFile(input, csvOf(mode === 'build' ? ROWS : ADDED, score));
    const args: Record<Mode, string[]> = {
      build: ['store', 'build', input, '--output', this.#store],
      add: ['store', 'add', this.#store, input],
      compact: ['store', 'compact', this.#store],
      export: [
        ...['store', 'export', this.#store, '--format', 'static-ondisk-kv', '--output', this.#export],
        ...['--incremental-mode', 'overwrite'],
      ],
    };
    return spawn(process.execPath, [MAIN, ...args[mode]], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, TMPDIR: this.#temporary },
    });
  }
}

function hashesOf(count: number): BigInt64Array {
  const random = new Random(7);
  return BigInt64Array.from({ length: count }, () => {
    const [hi, lo] = [Math.floor(random.next() * 2 ** 32), Math.floor(random.next() * 2 ** 32)];
    return BigInt.asIntN(64, (BigInt(hi) << 32n) | BigInt(lo));
  });
}

function csvOf(count: number, score: number): string {
  return `hash,aesthetic\n${[...hashesOf(count)].map((hash) => `${hash},${score}`).join('\n')}\n`;
}
