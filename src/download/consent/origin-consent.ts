import type { Clock } from '../../base/clock.ts';
import { type SampleFailure, wasAsked } from '../../samples/reasons.ts';
import { failed } from '../failures.ts';
import { FAILURE_LIFE_MS, type Fetched, FILE_LIFE_MS, OriginCache } from './origin-cache.ts';
import { type AskForFile, askOrigin, type OriginFile } from './origin-file.ts';
import { normalPath } from './path-pattern.ts';
import { parseRobots, type RobotsRules } from './robots-file.ts';
import { NO_TDM_RULES, parseTdmFile, type TdmReservation, type TdmRules } from './tdm-file.ts';

/** What is asked of the files of an origin. */
export interface OriginConsentOptions {
  readonly askForRobots: AskForFile;
  readonly askForTdm: AskForFile;
  /** The names by which a robots.txt may speak of us. */
  readonly names: readonly string[];
  /** Whether `/.well-known/tdmrep.json` is asked for too. */
  readonly readsTdm: boolean;
  readonly clock: Clock;
  /** Told of a host that asks for a pause between two requests, in ms. */
  readonly onCrawlDelay: (host: string, ms: number) => void;
}

/** What the files of an origin say of one of its URLs. */
export interface OriginVerdict {
  /** Why it may not be asked for; undefined where it may. */
  readonly refusal: SampleFailure | undefined;
  /** What robots.txt says; null where it was not to be had. */
  readonly isRobotsAllowed: boolean | null;
  /** What robots.txt says of the use of what it allows; null where nothing. */
  readonly usage: string | null;
  /** What tdmrep.json says; undefined where it says nothing or was not asked. */
  readonly tdm: TdmReservation | undefined;
}

/** The rules of a file, or why nothing may be asked for before they are known. */
type Known<Rules> =
  | { readonly kind: 'rules'; readonly rules: Rules }
  | { readonly kind: 'refused'; readonly failure: SampleFailure };

/** Parsed rules take more room than the text that they were. */
const BYTES_PER_BYTE = 4;

/** What an origin without files costs. */
const LEAST_BYTES = 200;

/** Says whether URLs may be asked for, by files that their origins keep for that. Each file is asked for once. */
export class OriginConsent {
  readonly #options: OriginConsentOptions;
  readonly #robots: OriginCache<Known<RobotsRules>>;
  readonly #tdm: OriginCache<Known<TdmRules>>;

  constructor(options: OriginConsentOptions) {
    this.#options = options;
    this.#robots = new OriginCache((origin) => this.#fetchRobots(origin), options.clock);
    this.#tdm = new OriginCache((origin) => this.#fetchTdm(origin), options.clock);
  }

  /** Never rejects. */
  async verdictOn(url: URL): Promise<OriginVerdict> {
    const path = normalPath(url);
    const robots = await this.#robots.of(url.origin);
    if (robots.kind === 'refused') return { ...NOTHING_SAID, refusal: robots.failure };
    if (!robots.rules.isAllowed(path)) {
      return { ...NOTHING_SAID, refusal: failed('robots_disallowed'), isRobotsAllowed: false };
    }
    const known = this.#options.readsTdm ? await this.#tdm.of(url.origin) : undefined;
    if (known?.kind === 'refused') return { ...NOTHING_SAID, refusal: known.failure, isRobotsAllowed: true };
    const tdm = known?.rules.find(path);
    const refusal = tdm?.reservation === 1 ? failed('opted_out_tdm', TDM_FILE_MESSAGE) : undefined;
    return { refusal, isRobotsAllowed: true, usage: robots.rules.usageOf(path), tdm };
  }

  /** Has files asked for anew that could not be had. */
  forgetFailures(): void {
    this.#robots.forgetFailures();
    this.#tdm.forgetFailures();
  }

  async #fetchRobots(origin: string): Promise<Fetched<Known<RobotsRules>>> {
    const url = new URL('/robots.txt', origin);
    const file = await askOrigin(this.#options.askForRobots, url);
    if (file.kind === 'failed') return { value: { kind: 'refused', failure: file.failure }, ...NOT_KEPT };
    if (file.kind === 'unreachable') {
      return { value: { kind: 'refused', failure: failed('robots_unreachable') }, ...KEPT_A_WHILE };
    }
    const bytes = file.kind === 'found' ? file.bytes : new Uint8Array();
    const rules = parseRobots(bytes, this.#options.names);
    if (rules.crawlDelayMs !== undefined) this.#options.onCrawlDelay(url.host, rules.crawlDelayMs);
    return { value: { kind: 'rules', rules }, ...keptLong(bytes.length) };
  }

  /** Failure to give the file means that the origin does not take part; but not where it was not asked. */
  async #fetchTdm(origin: string): Promise<Fetched<Known<TdmRules>>> {
    const url = new URL('/.well-known/tdmrep.json', origin);
    const file: OriginFile = await askOrigin(this.#options.askForTdm, url);
    if (file.kind === 'failed' && !wasAsked(file.failure))
      return { value: { kind: 'refused', failure: file.failure }, ...NOT_KEPT };
    if (file.kind === 'absent') return { value: NO_TDM, ...keptLong(0) };
    if (file.kind !== 'found') return { value: NO_TDM, ...KEPT_A_WHILE };
    const rules = parseTdmFile(new TextDecoder().decode(file.bytes));
    return { value: { kind: 'rules', rules }, ...keptLong(file.bytes.length) };
  }
}

const NO_TDM = { kind: 'rules', rules: NO_TDM_RULES } as const;

const NOTHING_SAID = { isRobotsAllowed: null, usage: null, tdm: undefined } as const;

const TDM_FILE_MESSAGE = 'Use of image reserved by tdmrep.json';

const NOT_KEPT = { lifeMs: 0, bytes: LEAST_BYTES } as const;
const KEPT_A_WHILE = { lifeMs: FAILURE_LIFE_MS, bytes: LEAST_BYTES } as const;

function keptLong(fileBytes: number): { readonly lifeMs: number; readonly bytes: number } {
  return { lifeMs: FILE_LIFE_MS, bytes: LEAST_BYTES + BYTES_PER_BYTE * fileBytes };
}
