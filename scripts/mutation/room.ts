import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isCovered } from './coverage.ts';
import type { Ended } from './fence.ts';
import { mutantsOf } from './mutants.ts';
import type { Change } from './operators.ts';
import { failureIn, type Measured, PrivateBuild } from './private-build.ts';
import { sample } from './sample.ts';
import { lineDiff, SourceLines } from './source-lines.ts';
import { builtFiles, TestFiles } from './test-files.ts';

/** What became of one mutant. */
export interface Verdict {
  /** `src/base/lock.ts:12` */
  readonly place: string;
  readonly operator: string;
  /** The built line without and with the change. */
  readonly diff: readonly [before: string, after: string];
  /** A mutant that is not `killed` and that no test `reached` needs a test; one that was reached, a sharper one. */
  readonly ending: 'killed' | 'timed out' | 'survived' | 'not reached';
  /** The test that failed; empty for the others. */
  readonly killer: string;
}

export interface RoomOptions {
  /** The repository. */
  readonly folder: string;
  /** Where it was built, relative to that. */
  readonly buildFolder: string;
  readonly room: string;
  /** How many mutants are tried, at most. */
  readonly count: number;
  readonly seed: number;
  /** How many are tried at once. */
  readonly parallel: number;
  /** Only mutants whose place begins like this: `src/base/lock.ts:12`. */
  readonly at: string;
  /** Tests that are near every file besides those that are so by themselves, by the beginning of their paths. */
  readonly also: readonly string[];
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

interface Candidate {
  readonly source: string;
  readonly change: Change;
  readonly place: string;
  readonly diff: readonly [before: string, after: string];
}

/** A test that takes a second may take so much longer on a loaded machine before it counts as hanging. */
const SPARE_MS = 45_000;
const SPARE_FACTOR = 4;

/** Tries a sample of the mutants of one room, in random order; gives verdicts by place, when aborted those until then. */
export async function mutateRoom(options: RoomOptions): Promise<Verdict[]> {
  const all = candidatesOf(options);
  const chosen = sample(all, options.count, options.seed);
  options.onProgress(`${options.room}: ${chosen.length} of ${all.length} mutants`);
  const verdicts = new Map<Candidate, Verdict>();
  const tests = new TestFiles(join(options.folder, options.buildFolder));
  const waiting = [...chosen];
  const worker = async (_: unknown, number: number): Promise<void> => {
    const build = new PrivateBuild(options.folder, options.buildFolder, number, options.signal);
    try {
      const judge = new Judge(build, tests, options);
      for (let next = waiting.shift(); next && !options.signal.aborted; next = waiting.shift()) {
        const verdict = await judge.verdictOn(next);
        if (options.signal.aborted) return;
        verdicts.set(next, verdict);
        options.onProgress(`${verdicts.size}/${chosen.length} ${verdict.ending} ${next.place}`);
      }
    } finally {
      build.remove();
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, worker));
  return all.flatMap((candidate) => verdicts.get(candidate) ?? []);
}

function candidatesOf(options: RoomOptions): Candidate[] {
  const build = join(options.folder, options.buildFolder);
  return builtFiles(build, join('src', options.room))
    .filter((source) => !source.endsWith('.generated.js'))
    .flatMap((source) => {
      const text = readFileSync(join(build, source), 'utf8');
      const lines = new SourceLines(options.folder, join(build, source), text);
      return mutantsOf(text).map((change) => ({
        source,
        change,
        place: lines.placeOf(change.start),
        diff: lineDiff(change, text),
      }));
    })
    .filter(({ place }) => place.startsWith(options.at));
}

/** Tries mutants in one private build, one after the other. */
class Judge {
  readonly #build: PrivateBuild;
  readonly #tests: TestFiles;
  readonly #options: RoomOptions;
  readonly #measured = new Map<string, Measured>();

  constructor(build: PrivateBuild, tests: TestFiles, options: RoomOptions) {
    this.#build = build;
    this.#tests = tests;
    this.#options = options;
  }

  /** The tests of the room try first: those elsewhere, which are often slow, only meet what these leave. */
  async verdictOn({ source, change, place, diff }: Candidate): Promise<Verdict> {
    const verdict = { place, operator: change.operator, diff, killer: '' };
    let isReached = false;
    const { own, others } = this.#tests.near(source, this.#options.also);
    for (const tests of [own, others]) {
      const measured = await this.#measure(tests);
      const covering = measured.filter(([, { covered }]) => isCovered(covered, source, change.start));
      isReached ||= covering.length > 0;
      // A process that was ended by SIGKILL tells nothing of what it ran.
      const ended = await this.#run(source, change, tests === own && !isReached ? measured : covering);
      if (ended?.timedOut) return { ...verdict, ending: 'timed out' };
      if (ended && ended.code !== 0) return { ...verdict, ending: 'killed', killer: failureIn(ended) };
    }
    return { ...verdict, ending: isReached ? 'survived' : 'not reached' };
  }

  async #run(
    source: string,
    change: Change,
    tests: readonly [string, Measured][],
  ): Promise<Ended | undefined> {
    if (tests.length === 0 || this.#options.signal.aborted) return undefined;
    const timeoutMs = SPARE_MS + SPARE_FACTOR * tests.reduce((sum, [, { tookMs }]) => sum + tookMs, 0);
    const names = tests.map(([test]) => test);
    return this.#build.tryMutant(source, change, names, timeoutMs);
  }

  /** What these test files run, the quickest first; without those that fail by themselves. */
  async #measure(tests: readonly string[]): Promise<[string, Measured][]> {
    const measured: [string, Measured][] = [];
    for (const test of tests) {
      if (this.#options.signal.aborted) break;
      let known = this.#measured.get(test);
      if (!known) {
        this.#options.onProgress(`what ${test} runs`);
        known = await this.#build.measure(test);
        this.#measured.set(test, known);
        if (known.failure !== '' && !this.#options.signal.aborted)
          this.#options.onProgress(`${test} is left out, it fails without a mutant: ${known.failure}`);
      }
      if (known.failure === '') measured.push([test, known]);
    }
    return measured.sort(([, a], [, b]) => a.tookMs - b.tookMs);
  }
}
