import type { LineCounts } from '../feedback/answers.ts';
import type { Asked } from '../feedback/audits.ts';
import type { Agreement, ModeSummary } from '../feedback/summary.ts';
import { SUSPICIONS, type Suspect } from '../feedback/suspicion.ts';
import { auditsJson, describeAudits } from './queue-view.ts';

/** What is told of feedback files. */
export interface FeedbackInfo {
  readonly paths: readonly string[];
  readonly counts: LineCounts;
  readonly modes: readonly ModeSummary[];
  /** What came of queues; not given where none were named. */
  readonly asked?: Asked | undefined;
}

/** All figures as one JSON object. */
export function feedbackJson({ paths, counts, modes, asked }: FeedbackInfo): string {
  const { problems, ...others } = counts;
  const bad = problems.list().map(({ problem, count, first }) => ({
    problem,
    count,
    first: { path: first.path, line: first.line },
  }));
  const queued = asked && { queued: { reasons: asked.reasons, audits: auditsJson(asked.audits) } };
  return `${JSON.stringify({ paths, lines: { ...others, problems: bad }, modes, ...queued })}\n`;
}

/** The same for a person. */
export function describeFeedback({ paths, counts, modes, asked }: FeedbackInfo): string {
  const files = paths.length === 1 ? paths[0]! : `${paths.length} files`;
  const others = [
    [counts.retracted, 'taken back'],
    [counts.repeated, 'there more than once'],
    [counts.problems.total, 'passed over'],
  ] as const;
  const said = others.filter(([count]) => count > 0).map(([count, what]) => `, ${count} ${what}`);
  return [
    `${files}: ${counts.answers} answers${said.join('')}`,
    ...counts.problems.notes(),
    ...modes.flatMap(describeMode),
    ...(asked ? ['', ...describeAsked(asked)] : []),
    '',
  ].join('\n');
}

/** Why what was answered had been asked, and what came of audits. */
function describeAsked({ reasons, audits }: Asked): string[] {
  const counts = Object.entries(reasons).map(([why, count]) => `${why} ${count}`);
  return [
    `asked by the queue: ${counts.length === 0 ? 'nothing of what was answered' : counts.join(', ')}`,
    ...describeAudits(audits, 0),
  ];
}

function describeMode(summary: ModeSummary): string[] {
  const { question, mode, answers, skips, samples, choices, raters } = summary;
  const width = Math.max(...raters.map(({ rater }) => rater.length));
  const chosen = Object.entries(choices).sort(([, a], [, b]) => b - a);
  return [
    '',
    `${question}, ${mode}: ${answers} answers about ${samples} samples${skips > 0 ? `, ${skips} skipped` : ''}`,
    ...(chosen.length > 0 ? [`  ${chosen.map(([choice, count]) => `${choice} ${count}`).join(', ')}`] : []),
    ...raters.map(
      ({ rater, answers: own, skips: skipped, from, to }) =>
        `  ${rater.padEnd(width)}  ${own} answers${skipped > 0 ? `, ${skipped} skipped` : ''}${from === null ? '' : `, ${from} to ${to}`}`,
    ),
    ...describeAgreement(summary),
    ...describeRatings(summary),
    ...describeCycles(summary),
    ...summary.suspects.map(describeSuspect),
  ];
}

function describeAgreement({
  betweenRaters,
  withOneself,
  withOneselfSwapped,
  raters,
}: ModeSummary): string[] {
  const swapped = withOneselfSwapped?.compared
    ? `; with left and right exchanged ${share(withOneselfSwapped)}`
    : '';
  return [
    ...(betweenRaters && raters.length > 1 ? [`  raters agree: ${share(betweenRaters)}`] : []),
    ...(withOneself ? [`  raters agree with themselves: ${share(withOneself)}${swapped}`] : []),
  ];
}

function share({ compared, agreed }: Agreement): string {
  if (compared === 0) return 'not known, as nothing was answered twice';
  return `${((100 * agreed) / compared).toFixed(1)} % (${agreed} of ${compared} comparisons)`;
}

function describeRatings({ ratings, mode }: ModeSummary): string[] {
  if (!ratings) return [];
  const { alpha, sharedSamples, raters, repeatedByOneRater, meanDifference } = ratings;
  const known = alpha === null ? 'not defined' : alpha.toFixed(3);
  return [
    ...raters.map(({ rater, mean, spread, offset }) => {
      const spreads = spread === null ? '' : `, spread ${spread.toFixed(2)}`;
      const offsets = offset === null ? '' : `, ${signed(offset)} against others on the same samples`;
      return `  ${rater}: mean ${mean.toFixed(2)}${spreads}${offsets}`;
    }),
    ...(mode === 'rating' && raters.length > 1
      ? [`  Krippendorff's alpha (interval): ${known}, over ${sharedSamples} samples with several raters`]
      : []),
    ...(meanDifference === null
      ? []
      : [
          `  rated again by the same rater: ${repeatedByOneRater}, ${meanDifference.toFixed(2)} apart on average`,
        ]),
  ];
}

const signed = (value: number): string => `${value >= 0 ? '+' : ''}${value.toFixed(2)}`;

function describeCycles({ cycles }: ModeSummary): string[] {
  if (!cycles || cycles.decidedPairs === 0) return [];
  const { triples, cyclicTriples, groups, samplesInGroups, largestGroup } = cycles;
  const round =
    triples === 0 ? 'no three samples were all compared' : `${cyclicTriples} of ${triples} triples go round`;
  const grouped =
    groups === 0
      ? 'the answers have an order'
      : `${samplesInGroups} samples lie on cycles (${groups} ${groups === 1 ? 'group' : 'groups'}, the largest of ${largestGroup})`;
  return [`  cycles: ${round}; ${grouped}`];
}

function describeSuspect({ rater, suspicion, figure, of }: Suspect): string {
  return `  look at ${rater} (${suspicion}, ${Number(figure.toPrecision(3))} of ${of}): ${SUSPICIONS[suspicion]}`;
}
