import { rowProblem } from '../embed/encoder.ts';
import { ACTIVATIONS } from '../models/convert/activation.ts';
import type { Change, ModelCheck } from './model-check.ts';
import type { Rows } from './rows.ts';

/** All that a problem is told by. */
export type Seen = Omit<ModelCheck, 'problems'>;

/** A mistake explains golden rows where they fit with it this many times better than without. */
const CLEARLY_BETTER = 10;

/**
 * Embeddings of noise are alike in part; as good as equal ones are those of a model that does not look at it. Of scores two
 * may be equal by chance, but not all.
 */
const SAME_EMBEDDING = 1e-3;

const CORNERS =
  '; at this size, a library that rounds the corner of a crop down (as the processors of transformers do; docs/encoders.md) ' +
  'crops one of the pictures a pixel further left or up, and such golden rows show no fault of the model';

/** What one rounding to float32 leaves between equal rows is well below this. */
const ROUNDING = 1e-5;

/**
 * What is wrong with a model, a line each. Rows that are not finite are like none, so that nothing else is said of them; those
 * that depend on their neighbours are not held against others, which had other neighbours.
 *
 * @param noiseRows its rows for sound pictures
 * @param areCornersRounded whether libraries crop some golden picture differently, by a pixel
 */
export function problemsOf(seen: Seen, noiseRows: Rows, areCornersRounded = false): string[] {
  if (isNotFinite(seen, noiseRows))
    return [`It gives ${noun(seen)}s that are not finite for sound pictures.`];
  const dependent = seen.batches
    .filter(({ batchInvariant }) => !batchInvariant)
    .map(({ batchSize }) => `In batches of ${batchSize} an image's ${noun(seen)} depends on its neighbours.`);
  const compared = [...offReference(seen), ...offGolden(seen, areCornersRounded)];
  return [
    ...unsoundness(seen),
    ...directionless(seen, noiseRows),
    ...blindness(seen),
    ...(dependent.length > 0 ? dependent : compared),
  ];
}

/** Of noise, or of the golden pictures, whose rows are compared with those of the plain way. */
function isNotFinite({ reference }: Seen, { values }: Rows): boolean {
  return !values.every(Number.isFinite) || Number.isNaN(reference.difference);
}

function noun({ rows }: Seen): string {
  return rows === 'embedding' ? 'embedding' : 'row';
}

/** Sound pictures of a run may look like these in part, and lose their scores. */
function unsoundness(seen: Seen): string[] {
  if (seen.unsound.length === 0) return [];
  return [
    `It gives ${noun(seen)}s that are not finite for some pictures: ${seen.unsound.join(', ')}. ` +
      'Its arithmetic overflows there; float32 may hold what float16 does not.',
  ];
}

function directionless({ rows: kind, dimension }: Seen, { values, width }: Rows): string[] {
  if (kind === 'plain') return [];
  for (let row = 0; row < values.length / width; row++) {
    const problem = rowProblem(values, row, dimension);
    if (problem !== undefined) return [problem];
  }
  return [];
}

function blindness(seen: Seen): string[] {
  const { least, greatest } = seen.spread;
  const isBlind = seen.rows === 'embedding' ? least <= SAME_EMBEDDING : greatest <= ROUNDING;
  return isBlind ? [`Different pictures have the same ${noun(seen)}.`] : [];
}

function offReference({ reference: { difference }, tolerance, provider }: Seen): string[] {
  if (!(difference > tolerance)) return [];
  return [
    `On ${provider}, its rows are off by ${share(difference)} from what the same file gives in a plain way on the CPU: ` +
      `${share(tolerance)} may come of rounding. The provider, or what onnxruntime makes of the graph there, is at fault.`,
  ];
}

function offGolden({ golden, reference, changes, tolerance }: Seen, areCornersRounded: boolean): string[] {
  if (!golden || !reference.golden) return [];
  // Mistakes are tried in the plain way, activations where the model runs: neither explains what the other way brings.
  const difference = Math.min(golden.difference, reference.golden.difference);
  const { source } = golden;
  const nearest = changes.reduce<Change | undefined>(
    (best, change) => (distance(change) < (best ? distance(best) : Number.POSITIVE_INFINITY) ? change : best),
    undefined,
  );
  const explains = nearest && difference > ROUNDING && distance(nearest) * CLEARLY_BETTER < difference;
  if (explains)
    return [
      `Its rows are off by ${share(difference)} from the golden ones (${source}), but by ${share(distance(nearest))} ` +
        `${nearest.words}: most likely it was trained so. ${remedy(nearest)}`,
    ];
  if (difference <= tolerance) return [];
  const tried = nearest
    ? ` No mistake that was tried explains it; the nearest is "${nearest.words}", off by ${share(distance(nearest))}.`
    : '';
  return [
    `Its rows are off by ${share(difference)} from the golden ones (${source}); ${share(tolerance)} may come of rounding.${tried} ` +
      `They are those of other weights, or of images prepared in a way that was not tried${areCornersRounded ? CORNERS : ''}.`,
  ];
}

function remedy({ change }: Change): string {
  if ((ACTIVATIONS as readonly string[]).includes(change))
    return 'Convert or export it anew with that activation.';
  return change === 'bgr' || change === 'bgr_by_colour'
    ? 'Export it for pictures in RGB.'
    : 'Correct its manifest.';
}

function distance({ golden }: Change): number {
  return golden?.difference ?? Number.POSITIVE_INFINITY;
}

/** A difference for a person: "0.14 %". */
export function share(difference: number): string {
  return `${Number((100 * difference).toPrecision(2))} %`;
}
