import { type Answer, type PairAnswer, sampleId } from './answer.ts';
import type { PairItem, QueueItem, QueueReason } from './queue-items.ts';

/** What came of asking pairs all the same of which a head was certain. */
export interface AuditSummary {
  /** Answers that chose a side. */
  readonly decided: number;
  /** Of these, those that chose the side that the head did not. */
  readonly against: number;
  /** Answers that chose none (`tie`, `both-bad`). */
  readonly undecided: number;
  /** How many of the decided the head itself expected to be against it. */
  readonly expectedAgainst: number;
  /** Where the share of answers against the head lies, with 95 %; null where nothing was decided. */
  readonly interval: readonly [low: number, high: number] | null;
}

/** What came of the items of queues. */
export interface Asked {
  /** Answers by why their items were asked. */
  readonly reasons: Readonly<Partial<Record<QueueReason, number>>>;
  readonly audits: AuditSummary;
}

/** Holds answers, of any questions and modes, against the items that asked. */
export class AskedSummary {
  readonly #items = new Map<string, QueueItem>();
  readonly #reasons: Partial<Record<QueueReason, number>> = {};
  readonly #audits = { decided: 0, against: 0, undecided: 0, expectedAgainst: 0 };

  constructor(items: Iterable<QueueItem>) {
    for (const item of items) this.#items.set(item.id, item);
  }

  add(answer: Answer): void {
    const item = answer.queue === undefined ? undefined : this.#items.get(answer.queue);
    if (!item) return;
    this.#reasons[item.why] = (this.#reasons[item.why] ?? 0) + 1;
    if (item.mode === 'pair' && item.why === 'audit' && answer.mode === 'pair' && answer.answer !== 'skip')
      this.#addAudit(item, answer);
  }

  result(): Asked {
    const { decided, against } = this.#audits;
    const interval = decided > 0 ? wilson(against, decided) : null;
    return { reasons: this.#reasons, audits: { ...this.#audits, interval } };
  }

  #addAudit({ left, right, expected }: PairItem, answer: PairAnswer): void {
    if (expected === undefined) return;
    const winner = winnerOf(answer);
    if (winner === undefined) {
      this.#audits.undecided++;
      return;
    }
    this.#audits.decided++;
    this.#audits.against += Number(winner !== sampleId(expected >= 0.5 ? left : right));
    this.#audits.expectedAgainst += Math.min(expected, 1 - expected);
  }
}

/** The sample that an answer says is better. */
function winnerOf({ answer, left, right }: PairAnswer): string | undefined {
  if (answer === 'left' || answer === 'much-left') return sampleId(left);
  return answer === 'right' || answer === 'much-right' ? sampleId(right) : undefined;
}

/** The normal distribution's 97.5 %. */
const Z = 1.959963984540054;

/** Wilson's score interval of a share, 95 % (Wilson 1927, JASA 22, 209-212). */
export function wilson(count: number, of: number): readonly [number, number] {
  const share = count / of;
  const middle = share + (Z * Z) / (2 * of);
  const reach = Z * Math.sqrt((share * (1 - share)) / of + (Z * Z) / (4 * of * of));
  const scale = 1 + (Z * Z) / of;
  return [Math.max(0, (middle - reach) / scale), Math.min(1, (middle + reach) / scale)];
}
