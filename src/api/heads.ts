import { checkUnitNorms } from '../heads/check.ts';
import { HeadError } from '../heads/errors.ts';
import type { Head } from '../heads/head.ts';

/**
 * Scores `count` embeddings, laid row by row (count x head.dimension), in float64. A row's score does not depend on the
 * other rows, to the last bit. The published tags are these scores as float32.
 *
 * @throws HeadError BB_HEAD_MISMATCH where the values are not `count` embeddings of the head's dimension, or a row is not
 *   of length 1 and the head was trained on such
 */
export function scoreEmbeddings(head: Head, embeddings: Float32Array, count: number): Float64Array {
  if (embeddings.length !== count * head.dimension) {
    throw new HeadError(
      'BB_HEAD_MISMATCH',
      `${embeddings.length} values are not ${count} embeddings of the ${head.dimension} dimensions that the head ${head.name} takes.`,
      { fields: { head: head.name, values: embeddings.length, count } },
    );
  }
  checkUnitNorms(head, embeddings, count);
  return head.score(embeddings, count);
}
