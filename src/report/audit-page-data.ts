/** What the page of `bowerbird audit` shows, as plain data. */
export interface AuditPageData {
  readonly title: string;
  /** The filter in words. */
  readonly filter: string;
  readonly rows: number;
  readonly kept: number;
  readonly failed: number;
  /** Groups of all kinds. */
  readonly tested: number;
  readonly kinds: readonly AuditedKind[];
  readonly command: string;
  readonly bowerbirdVersion: string;
}

/** The groups of a kind: words of captions, languages, hosts, sizes. */
export interface AuditedKind {
  /** Of the section. */
  readonly id: string;
  readonly title: string;
  readonly groups: number;
  readonly otherwise: number;
  /** Groups with too few rows. */
  readonly small: number;
  /** Lists of groups, each with what it is of. */
  readonly lists: readonly { readonly title: string; readonly groups: readonly ShownGroup[] }[];
}

export interface ShownGroup {
  readonly name: string;
  readonly rows: number;
  readonly kept: number;
  /** The 95 % interval of the share. */
  readonly low: number;
  readonly high: number;
  readonly q: number | null;
  /** The filter treats it otherwise than the rest, as far as that is shown. */
  readonly isOtherwise: boolean;
}
