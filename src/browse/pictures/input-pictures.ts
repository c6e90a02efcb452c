import type { Picture } from '../../pictures/picture.ts';
import type { SampleFailure } from '../../samples/reasons.ts';
import type { DuckDBConnection, DuckDbOptions } from '../../tables/duckdb.ts';
import type { RunRow } from './picture-place.ts';

/** One input of a run, as the images of its rows. */
export interface InputPictures {
  /** @param row counted from 0 within the input */
  read(row: number, of: RunRow): Promise<Picture | SampleFailure>;
  close(): Promise<void>;
}

/** What inputs are opened with. */
export interface InputTools {
  readonly connection: DuckDBConnection;
  readonly database: DuckDbOptions;
  /** Of the images, in bytes: larger ones are refused, and so many are held at one time. */
  readonly limits: { readonly maxBytes: number; readonly maxBytesInFlight: number };
  /** Where packed archives are unpacked to. */
  readonly folder: string;
}
