import type { Collection } from './collection.ts';
import type { EvaluateOptions, EvaluateProgress } from './options.ts';
import type { Shown } from './page-data.ts';
import { CollectionPictures } from './pictures.ts';
import { disagreementsOf, nearPercentiles, percentileSheet } from './sheets.ts';

/** Heads that a page has a sheet of: each holds up to 250 pictures. */
const MOST_SHEETS = 2;

/** The samples that a page shows, with the pictures of them that lie on this machine. @throws the signal's reason */
export async function showCollection(
  collection: Collection,
  { embeddings, scoreColumns }: EvaluateOptions,
  progress: EvaluateProgress,
): Promise<Shown> {
  const { names, ranks } = collection;
  const disagreements = disagreementsOf(collection);
  const apart = disagreements.flatMap(({ firstHigher, secondHigher }) => [...firstHigher, ...secondHigher]);
  const shownRanks = ranks.slice(0, MOST_SHEETS);
  const folders = [...new Set([...embeddings, ...scoreColumns.map(({ path }) => path)])];
  const near = [...new Set([...apart, ...shownRanks.flatMap(nearPercentiles)])];
  const pictures = await CollectionPictures.find(folders, names, near, progress);
  try {
    const sheets = shownRanks.map((own) => percentileSheet(own, (place) => pictures.has(place)));
    const shown = [...apart, ...sheets.flatMap((rows) => rows.flatMap(({ places }) => places))];
    return { sheets, disagreements, pictures: await pictures.make(shown, progress) };
  } finally {
    await pictures.close();
  }
}
