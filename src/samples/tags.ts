/** The scores that are published of a sample, in the order of the rules, of columns and of files. */
export const TAGS = ['aesthetic', 'punsafe', 'pwatermark'] as const;

/** A published score column, in LAION's names. */
export type Tag = (typeof TAGS)[number];
