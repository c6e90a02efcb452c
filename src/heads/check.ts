import { HeadError } from './errors.ts';
import type { Head } from './head.ts';

/** The encoder whose embeddings a head is to score. */
export interface EncoderIdentity {
  readonly encoderName: string;
  /** sha256 in hex of the encoder's model. */
  readonly encoderDigest: string;
  readonly dimension: number;
}

/** What shows that a head was trained on an encoder: the digest or the name that it states, or nothing. */
export type EncoderProof = 'digest' | 'name' | 'none';

/** float16 keeps 11 bits, so a unit embedding read back from disk is off by at most 2^-11 = 4.9e-4. */
const UNIT_NORM_TOLERANCE = 1e-3;

/**
 * Checks that a head can score an encoder's embeddings: the same dimension, and the encoder that it was trained
 * on where it says so (by digest where it states one, else by name). Where it says nothing, the dimension alone fits,
 * and a head of another encoder would give scores that are plausible and wrong: whoever uses it is to be told.
 *
 * @throws HeadError BB_HEAD_MISMATCH naming both
 */
export function checkHead(
  head: Head,
  { encoderName, encoderDigest, dimension }: EncoderIdentity,
): EncoderProof {
  if (head.dimension !== dimension) {
    throw mismatch(
      head,
      encoderName,
      `takes embeddings of ${head.dimension} dimensions, but the encoder ${encoderName} gives ${dimension}`,
    );
  }
  const { name, digest } = head.encoder ?? {};
  if (digest !== undefined) {
    if (digest === encoderDigest) return 'digest';
    throw mismatch(
      head,
      encoderName,
      `was trained on the encoder ${name ?? ''} with the sha256 ${digest}, but ${encoderName} has ${encoderDigest}`,
    );
  }
  if (name === undefined) return 'none';
  if (name === encoderName) return 'name';
  throw mismatch(
    head,
    encoderName,
    `was trained on the encoder ${name}, but the run's encoder is ${encoderName}`,
  );
}

/**
 * Checks that the embeddings (count x head.dimension, row by row) have the norm that the head was trained on.
 * A head for unit embeddings gives scores of 20 to 30 on others.
 *
 * @throws HeadError BB_HEAD_MISMATCH naming the first row that is off, and its norm
 */
export function checkUnitNorms(head: Head, embeddings: Float32Array, count: number): void {
  if (!head.requiresUnitNorm) return;
  for (let row = 0; row < count; row++) {
    const norm = normOf(embeddings, row * head.dimension, head.dimension);
    if (Math.abs(norm - 1) <= UNIT_NORM_TOLERANCE) continue;
    throw new HeadError(
      'BB_HEAD_MISMATCH',
      `The head ${head.name} was trained on embeddings of norm 1, but embedding ${row} has the norm ${norm}. ` +
        'Normalise the embeddings first.',
      { fields: { head: head.name, row, norm } },
    );
  }
}

function normOf(values: Float32Array, offset: number, length: number): number {
  let sum = 0;
  for (let i = offset; i < offset + length; i++) sum += values[i]! * values[i]!;
  return Math.sqrt(sum);
}

function mismatch(head: Head, encoder: string, why: string): HeadError {
  return new HeadError(
    'BB_HEAD_MISMATCH',
    `The head ${head.name} ${why}. Give a head that was trained on this encoder.`,
    { fields: { head: head.name, encoder } },
  );
}
