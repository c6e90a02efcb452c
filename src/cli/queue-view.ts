import type { AuditSummary } from '../feedback/audits.ts';
import type { QueueResult } from '../queue/make-queue.ts';

/** What a queue came to, for a script. */
export function queueJson(result: QueueResult): string {
  return `${JSON.stringify({
    queue: result.path,
    asked: result.ledger,
    items: result.items.length,
    reasons: countsOf(result),
    held_out: result.heldOut,
    passed_over: result.choice.passedOver,
    missing: result.choice.missing,
    answers: result.answers,
    rows: result.rows,
    samples: result.samples,
    unusable: result.unusable,
    audits: auditsJson(result.audits),
  })}\n`;
}

/** The figures of audits under their names in JSON. */
export function auditsJson({ decided, against, undecided, expectedAgainst, interval }: AuditSummary) {
  return { decided, against, undecided, expected_against: expectedAgainst, interval };
}

/** The same for a person. */
export function describeQueue(result: QueueResult): string {
  const { path, items, heldOut, choice, answers, rows, samples, unusable, audits } = result;
  const counts = Object.entries(countsOf(result)).map(([why, count]) => `${why} ${count}`);
  const missing = Object.entries(choice.missing);
  const { passedOver } = choice;
  return [
    `queue       ${path}: ${items.length} items (${counts.join(', ')}), ${heldOut} of them about held-out samples`,
    `chosen from ${samples} samples of ${rows} rows, after ${answers} answers`,
    ...(unusable > 0 ? [`left out    ${unusable} samples have an embedding that cannot be used`] : []),
    ...(missing.length > 0
      ? [
          `fewer       ${missing.map(([choice, count]) => `${choice} by ${count}`).join(', ')} than the mix asks for`,
        ]
      : []),
    ...(passedOver > 0 ? [`passed over ${passedOver} pairs of which the head is certain`] : []),
    ...describeAudits(audits, passedOver),
    '',
  ].join('\n');
}

/** What earlier audits say of passing over pairs. */
export function describeAudits(audits: AuditSummary, passedOver: number): string[] {
  const { decided, against, undecided, expectedAgainst, interval } = audits;
  if (interval === null) return [];
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const [low, high] = interval;
  const cost =
    passedOver > 0
      ? `; of the ${passedOver} passed over, ${Math.round(low * passedOver)} to ${Math.round(high * passedOver)} may be so too`
      : '';
  const ties = undecided > 0 ? `, ${undecided} chose no side` : '';
  return [
    `audits      ${against} of ${decided} answers were against the head: ${percent(against / decided)} (95 %: ${percent(low)} to ${percent(high)}), where it expected ${percent(expectedAgainst / decided)}${ties}${cost}`,
  ];
}

function countsOf({ items }: QueueResult): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { why } of items) counts[why] = (counts[why] ?? 0) + 1;
  return counts;
}
