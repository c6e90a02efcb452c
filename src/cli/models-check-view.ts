import type { HeadCheck } from '../check/head-check.ts';
import type { Change, ModelCheck } from '../check/model-check.ts';
import { share } from '../check/problems.ts';

const MB = 1e6;

/** What was seen of an image model, for a person. */
export function describeModelCheck(check: ModelCheck): string {
  const { name, digest, provider, dimension, norms } = check;
  return lines([
    `${name}, sha256 ${digest}`,
    `${dimension} values of norm ${number(norms.least)} to ${number(norms.greatest)}, on ${provider}`,
    ...check.batches.map(
      ({ batchSize, imagesPerSecond, peakMemoryBytes }) =>
        `batches of ${batchSize}: ${imagesPerSecond.toFixed(1)} images/s, ${(peakMemoryBytes / MB).toFixed(0)} MB at most`,
    ),
    ...(provider === 'cpu' ? [] : ["The GPU's memory is not measured."]),
    ...(Number.isNaN(check.reference.difference) ? [] : comparisons(check)),
    ...verdict(check.problems),
  ]);
}

/** Of rows that are finite: of others nothing can be said. */
function comparisons({ reference, golden, activation, changes }: ModelCheck): readonly string[] {
  return [
    `off by ${share(reference.difference)} from what the same file gives in a plain way on the CPU`,
    golden
      ? `off by ${share(golden.difference)} from the golden rows (${golden.source})`
      : 'No golden rows are stated: whether activation and transform are the right ones cannot be told (docs/models.md).',
    `activation: ${activation ?? 'no GELU was recognised in its graph'}`,
    'What it would give for the golden pictures otherwise:',
    ...changes.map((change) => describeChange(change)),
  ];
}

function describeChange({ words, difference, golden }: Change): string {
  if (Number.isNaN(difference)) return `  ${words}: rows that are not finite`;
  const fit = golden ? `, ${share(golden.difference)} from the golden rows` : '';
  return `  ${words}: off by ${share(difference)}${fit}`;
}

/** What was seen of a head, for a person. */
export function describeHeadCheck(check: HeadCheck): string {
  const { name, digest, dimension, encoder, layout, scores } = check;
  return lines([
    `${name}, sha256 ${digest}`,
    `takes embeddings of ${dimension} values${encoder === null ? '; of which encoder, it does not say' : ` of ${encoder}`}`,
    ...(layout === null ? [] : [`taken for ${layout}`]),
    `scores of embeddings by chance: ${number(scores.least)} to ${number(scores.greatest)}`,
    ...verdict(check.problems),
  ]);
}

function verdict(problems: readonly string[]): readonly string[] {
  return problems.length === 0 ? ['Nothing that was tried shows a fault.'] : problems;
}

function number(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function lines(texts: readonly string[]): string {
  return [...texts, ''].join('\n');
}
