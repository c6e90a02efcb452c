/** What was seen of a head. schemas/model-check.schema.json. */
export interface HeadCheck {
  readonly name: string;
  /** As in `Head`. */
  readonly digest: string;
  /** Length of the embeddings that it takes. */
  readonly dimension: number;
  /** The encoder that it says it was trained on; null where it says none. */
  readonly encoder: string | null;
  /** The published network that it was taken for; null where it was taken for none. */
  readonly layout: string | null;
  /** Its scores of seeded unit embeddings. */
  readonly scores: { readonly least: number; readonly greatest: number };
  /** What is wrong with it, a line each for a person. */
  readonly problems: readonly string[];
}
