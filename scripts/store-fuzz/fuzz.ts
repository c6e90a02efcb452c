import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Random } from '../random.ts';
import { damage } from './mutations.ts';
import { buildWorld, WORLDS } from './worlds.ts';

const JUDGE = fileURLToPath(new URL('judge-process.js', import.meta.url));

/** What became of damaged stores. */
export interface FuzzReport {
  readonly stores: number;
  /** Every answer was right: the damage was where no answer comes from. */
  intact: number;
  /** All or some answers were refused, with a code; the others were right. */
  refused: number;
  /** `store verify` found nothing, and answers were refused or wrong. */
  unseen: string[];
  /** A wrong answer, or a miss of what is there. */
  wrong: string[];
  /** An error without a code, or the end of the process. */
  raw: string[];
}

interface Verdict {
  readonly right: number;
  readonly refused: number;
  readonly verified: boolean;
  readonly wrong?: string;
  readonly raw?: string;
}

/** Damages `count` stores, each in one way, and asks each for everything. */
export async function fuzzStores(
  count: number,
  seed: number,
  onStore: (done: number) => void = () => undefined,
): Promise<FuzzReport> {
  const report: FuzzReport = { stores: count, intact: 0, refused: 0, unseen: [], wrong: [], raw: [] };
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-fuzz-'));
  const judge = new Judge();
  try {
    const stores: string[] = [];
    for (const [i, world] of WORLDS.entries())
      stores.push(await buildWorld(world, join(folder, `world-${i}`)));
    const random = new Random(seed);
    const path = join(folder, 'damaged');
    for (let i = 0; i < count; i++) {
      const world = i % WORLDS.length;
      await cp(stores[world]!, path, { recursive: true });
      const told = `store ${i} (${WORLDS[world]!.name}), ${await damage(path, random)}`;
      countVerdict(report, told, await judge.judge(path, world));
      await rm(path, { recursive: true, force: true });
      onStore(i + 1);
    }
    return report;
  } finally {
    judge.end();
    await rm(folder, { recursive: true, force: true });
  }
}

function countVerdict(report: FuzzReport, told: string, verdict: Verdict | string): void {
  if (typeof verdict === 'string') report.raw.push(`${told}: the process ended with ${verdict}`);
  else if (verdict.wrong !== undefined) report.wrong.push(`${told}: ${verdict.wrong}`);
  else if (verdict.raw !== undefined) report.raw.push(`${told}: ${verdict.raw}`);
  else if (verdict.refused > 0) report.refused++;
  else report.intact++;
  if (typeof verdict !== 'string' && verdict.verified && verdict.refused > 0) report.unseen.push(told);
}

/** The process that asks; a new one where the last has ended. */
class Judge {
  #child: ChildProcess | undefined;
  #lines: AsyncIterator<string> | undefined;

  /** A verdict, or by what signal or code the process ended. */
  async judge(path: string, world: number): Promise<Verdict | string> {
    const child = this.#child ?? this.#start();
    const closed = once(child, 'close') as Promise<[number | null, string | null]>;
    child.stdin!.write(`${JSON.stringify({ path, world })}\n`);
    const { value, done } = await this.#lines!.next();
    if (!done) return JSON.parse(value) as Verdict;
    this.#child = undefined;
    const [code, signal] = await closed;
    return signal ?? `exit code ${code}`;
  }

  end(): void {
    this.#child?.stdin?.end();
  }

  #start(): ChildProcess {
    const child = spawn(process.execPath, [JUDGE], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.setMaxListeners(0);
    child.stdin.on('error', () => undefined);
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return child;
  }
}
