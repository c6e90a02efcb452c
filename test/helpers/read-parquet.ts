import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { PROVENANCE_KEY, type Provenance, parseProvenance } from '../../src/samples/provenance/provenance.ts';

/** All rows of a Parquet file, read by another implementation than the one that wrote it. */
export async function readParquet(path: string): Promise<Record<string, unknown>[]> {
  return parquetReadObjects({ file: await asyncBufferFromFile(path), compressors });
}

/** The provenance that a Parquet file states, found by the same. */
export async function readProvenance(path: string): Promise<Provenance | undefined> {
  const { key_value_metadata: entries } = await parquetMetadataAsync(await asyncBufferFromFile(path));
  const text = entries?.find(({ key }) => key === PROVENANCE_KEY)?.value;
  return text === undefined ? undefined : parseProvenance(text);
}
