/** The tags that are probabilities of what a picture should not have: rules keep what lies below a threshold. */
export const PROBABILITY_TAGS = ['punsafe', 'pwatermark'] as const;

/** A tag that is a probability. */
export type ProbabilityTag = (typeof PROBABILITY_TAGS)[number];

/** The scores that are published of a sample, in the order of the rules, of columns and of files. */
export const TAGS = ['aesthetic', ...PROBABILITY_TAGS] as const;

/** A published score column, in LAION's names. */
export type Tag = (typeof TAGS)[number];

/** The name of a column of scores: a tag, or a name that a person chose, as of a further head. */
export type TagName = string;

/** Whether this is the name of a tag. */
export function isTag(name: unknown): name is Tag {
  return (TAGS as readonly unknown[]).includes(name);
}

/** Whether a person may give a column of scores this name: letters, digits and _, no digit first. */
export function isTagName(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name);
}

/** The column of how far an ensemble's members lie apart in their scores of a column: `aesthetic_std`. */
export function spreadColumn(column: TagName): TagName {
  return `${column}_std`;
}

/** Something for each tag, in their order. */
export function byTag<T>(make: (tag: Tag) => T): Record<Tag, T> {
  return Object.fromEntries(TAGS.map((tag) => [tag, make(tag)])) as Record<Tag, T>;
}
