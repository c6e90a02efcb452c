import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Covered, readCoverage } from './coverage.ts';
import { type Ended, runFenced } from './fence.ts';
import { applied } from './mutants.ts';
import type { Change } from './operators.ts';
import { builtFiles } from './test-files.ts';

/** What a test file ran and how long it took; `failure` is empty, or why it fails without any mutant. */
export interface Measured {
  readonly covered: Covered;
  readonly tookMs: number;
  readonly failure: string;
}

/** No test file takes longer than this without a mutant. */
const MEASURE_TIMEOUT_MS = 10 * 60_000;

/**
 * A copy of the build folder beside it, in which mutants are written and tests are run. What the tests ran without a
 * mutant is kept in `.build-mutation/`, by the digest of everything built that could change it.
 */
export class PrivateBuild {
  readonly #folder: string;
  readonly #build: string;
  readonly #signal: AbortSignal;
  readonly #digests = new Map<string, string>();

  /**
   * @param folder the repository
   * @param buildFolder what was built, such as `.build`, relative to that
   * @param number tells copies of the same moment apart
   */
  constructor(folder: string, buildFolder: string, number: number, signal: AbortSignal) {
    this.#folder = folder;
    this.#build = join(folder, `.build-mutant-${process.pid}-${number}`);
    this.#signal = signal;
    cpSync(join(folder, buildFolder), this.#build, { recursive: true });
  }

  /** The copy's own folder. */
  get path(): string {
    return this.#build;
  }

  remove(): void {
    rmSync(this.#build, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Runs one test file without any mutant, or remembers it. */
  async measure(test: string): Promise<Measured> {
    const kept = join(this.#folder, '.build-mutation', `${this.#digestFor(test)}.json`);
    if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8')) as Measured;
    const first = await this.#measureOnce(test);
    // A second chance for a test that a loaded machine made fail.
    const measured = first.failure === '' || this.#signal.aborted ? first : await this.#measureOnce(test);
    if (measured.failure === '' && !this.#signal.aborted) {
      mkdirSync(dirname(kept), { recursive: true });
      writeFileSync(kept, JSON.stringify(measured));
    }
    return measured;
  }

  /** Runs test files with one change in one built file, which is as before afterwards. */
  async tryMutant(
    source: string,
    change: Change,
    tests: readonly string[],
    timeoutMs: number,
  ): Promise<Ended> {
    const path = join(this.#build, source);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, applied(change, text));
    try {
      return await this.#ava(tests, {}, timeoutMs);
    } finally {
      writeFileSync(path, text);
    }
  }

  async #measureOnce(test: string): Promise<Measured> {
    const coverage = mkdtempSync(join(tmpdir(), 'bb-coverage-'));
    const ended = await this.#ava([test], { NODE_V8_COVERAGE: coverage }, MEASURE_TIMEOUT_MS);
    const covered = readCoverage(coverage, this.#build);
    rmSync(coverage, { recursive: true, force: true });
    return { covered, tookMs: ended.tookMs, failure: ended.code === 0 ? '' : failureIn(ended) };
  }

  #ava(tests: readonly string[], env: NodeJS.ProcessEnv, timeoutMs: number): Promise<Ended> {
    const cli = join(this.#folder, 'node_modules/ava/entrypoints/cli.mjs');
    const files = tests.map((test) => join(basename(this.#build), test));
    return runFenced([process.execPath, cli, '--fail-fast', ...files], {
      cwd: this.#folder,
      env: { ...process.env, BOWERBIRD_BUILD_FOLDER: basename(this.#build), ...env },
      timeoutMs,
      signal: this.#signal,
    });
  }

  /** Of all sources, of what tests share, and of the test file. */
  #digestFor(test: string): string {
    const hash = createHash('sha256').update(test);
    for (const folder of ['src', 'scripts', 'test/helpers', dirname(test)])
      hash.update(this.#digestOf(folder));
    return hash.update(readFileSync(join(this.#build, test))).digest('hex');
  }

  #digestOf(folder: string): string {
    const known = this.#digests.get(folder);
    if (known !== undefined) return known;
    const hash = createHash('sha256');
    for (const path of builtFiles(this.#build, folder))
      if (!path.endsWith('.test.js')) hash.update(path).update(readFileSync(join(this.#build, path)));
    const digest = hash.digest('hex');
    this.#digests.set(folder, digest);
    return digest;
  }
}

/** The title of the first test that ava says failed; the last line where it names none. */
export function failureIn({ output }: Ended): string {
  const lines = output.split('\n').map((line) => line.trim());
  const failed = lines.find((line) => line.startsWith('✘'));
  return (failed ?? lines.filter(Boolean).at(-1) ?? 'no output').replace(/^✘ (?:\[fail\]: )?/, '');
}
