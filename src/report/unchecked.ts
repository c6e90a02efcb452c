/** Kept rows that no rule looked at for a tag. */
export interface Unchecked {
  readonly tag: 'punsafe' | 'pwatermark';
  readonly rows: number;
  /** A rule asks for the tag, and passes rows without it. */
  readonly hasRule: boolean;
  /** Rows may have the tag: from a column of the input or from a head. */
  readonly hasSource: boolean;
}

const SUBJECTS = {
  punsafe: { what: 'NSFW', headFlag: '--nsfw-head' },
  pwatermark: { what: 'watermarks', headFlag: '--watermark-model' },
} as const;

/** `Not checked for NSFW: 75 of 75 kept (no punsafe in the input, no --nsfw-head)` */
export function describeUnchecked({ tag, rows, hasRule, hasSource }: Unchecked, kept: number): string {
  const { what, headFlag } = SUBJECTS[tag];
  const noRule = hasSource ? `no --max-${tag}` : `no ${tag} in the input, no ${headFlag}`;
  const why = hasRule ? `without ${tag}, --missing-tags keep` : noRule;
  return `Not checked for ${what}: ${rows} of ${kept} kept (${why})`;
}
