/** What the scores of a run come from. */
export interface ScoreSource {
  readonly encoder: { readonly name: string; readonly description: string };
  /** The aesthetic head's name; null without one. */
  readonly head: string | null;
  /** The column of the input that is taken where there is no head. */
  readonly column: string | null;
  /** The run read embeddings, and no images. */
  readonly storedEmbeddings: boolean;
}

/** The encoder that comes with bowerbird, with its own head. */
const BUILTIN = 'builtin';

/** True where scores are the built-in encoder's, which are not LAION's. */
export function isBuiltinScore({ encoder, head }: ScoreSource): boolean {
  return encoder.name === BUILTIN && head !== null;
}

/** Where the aesthetic scores come from, in words; the same in the terminal and on the page. */
export function describeScoreSource({ encoder, head, column, storedEmbeddings }: ScoreSource): string {
  const { name, description } = encoder;
  if (head !== null && storedEmbeddings)
    return `Scores by the head ${head}, from stored embeddings (${name})`;
  if (head !== null) {
    const by = name === BUILTIN ? name : `${name} and the head ${head}`;
    return `Scores by ${by}${description ? ` (${description})` : ''}`;
  }
  if (column !== null) return `Scores of the input's column "${column}"`;
  const done = storedEmbeddings ? 'Embeddings were read' : 'Images were embedded';
  return `${done}; with neither a head nor a column of the input there are no aesthetic scores.`;
}

/** Whether any row may have an aesthetic score. */
export function hasScoreSource({ head, column }: ScoreSource): boolean {
  return head !== null || column !== null;
}
