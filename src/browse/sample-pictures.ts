import type { RowName } from './row-names.ts';
import { BrowsedRows } from './rows.ts';

/** What a sample is known by: its hash (int64 as a decimal text), or where it has none its key. */
export interface SampleId {
  readonly hash?: string | undefined;
  readonly key?: string | undefined;
}

/** A small picture of a sample, and what its row says of it. */
export interface SamplePicture {
  /** WebP, the middle square. */
  readonly webp: Uint8Array;
  readonly caption: string | null;
}

const MEMORY_LIMIT_MB = 256;
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Small pictures of samples from what a run saved, was made from, or kept for its report; nothing is fetched.
 *
 * @param path the folder of a run or of a subset
 * @returns in the order of the samples; undefined where the rows have no such sample, or no picture of it can be shown
 * @throws BowerbirdError as `BrowsedRows.open`; the signal's reason
 */
export async function picturesOfSamples(
  path: string,
  samples: readonly SampleId[],
  signal: AbortSignal,
): Promise<(SamplePicture | undefined)[]> {
  const rows = await BrowsedRows.open({
    ...{ path, areTextsLeft: true, memoryLimitMb: MEMORY_LIMIT_MB, threads: 1, maxBytes: MAX_BYTES },
  });
  try {
    const { names, pictures } = await rows.scored;
    const found = byId(
      await names.find(
        samples.flatMap(({ hash }) => hash ?? []),
        samples.flatMap(({ hash, key }) => (hash === undefined && key !== undefined ? [key] : [])),
      ),
    );
    return await Promise.all(
      samples.map(async ({ hash, key }) => {
        const name = found.get(hash ?? `key:${key}`);
        if (!name || pictures.originOf(name.row) === undefined) return undefined;
        try {
          const webp = await pictures.webpOf(name.row, { size: 'grid', refetch: false, signal });
          return { webp, caption: name.caption };
        } catch {
          signal.throwIfAborted();
          // What cannot be shown is no picture; why is of no use beside a sample that is named.
          return undefined;
        }
      }),
    );
  } finally {
    await rows.close();
  }
}

/** Of several rows of a sample the first. */
function byId(rows: readonly RowName[]): Map<string, RowName> {
  const found = new Map<string, RowName>();
  for (const name of rows.toSorted((a, b) => b.row - a.row)) {
    if (name.hash !== null) found.set(name.hash, name);
    if (name.key !== null) found.set(`key:${name.key}`, name);
  }
  return found;
}
