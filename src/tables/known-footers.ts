import type { FileColumn } from './columns.ts';

/** What DuckDB says of a footer. */
export interface FooterFacts {
  /** Of the file; of its row groups, null where it has none. */
  readonly rows: bigint;
  readonly grouped: bigint | null;
  /** Its own columns. One that its writer knew to be all null has the type NULL: DuckDB itself takes it for integers. */
  readonly columns: readonly FileColumn[];
  /** The columns, by name, of which the statistics of every row group say that all values are null. */
  readonly empty: ReadonlySet<string>;
  /** What it says of where its scores come from. */
  readonly provenance: string | undefined;
}

/** What is known of footers, by the paths of their files. */
export type KnownFooters = ReadonlyMap<string, FooterFacts>;
