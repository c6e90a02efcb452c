import { columnOf, isNumeric } from '../tables/columns.ts';
import { quoteName } from '../tables/duckdb.ts';
import type { SubsetDatabase } from './database.ts';
import type { SubsetPlan } from './plan.ts';
import { tableSql } from './source.ts';

/** What URLs that state a size (`photo-800x600.jpg`) say of the columns WIDTH and HEIGHT. */
export interface WidthHeightVotes {
  /** URLs whose two numbers are the row's, and differ. */
  readonly asNamed: number;
  readonly exchanged: number;
}

const SAMPLED_FILES = 4;
const SAMPLED_ROWS = 40_000;
const MIN_VOTES = 20;
const MIN_SHARE = 0.8;

/**
 * Compares WIDTH and HEIGHT with the sizes that URLs state, by the habit of `<name>-<width>x<height>.<ext>`, in rows
 * from the beginning of a few files. Undefined where there are no such columns.
 */
export async function voteOnWidthHeight(
  database: SubsetDatabase,
  { metadata, url }: SubsetPlan,
): Promise<WidthHeightVotes | undefined> {
  const width = columnOf(metadata.schema, 'WIDTH');
  const height = columnOf(metadata.schema, 'HEIGHT');
  if (!width || !height || ![width, height].every((column) => isNumeric(column.type))) return undefined;
  const step = Math.max(1, Math.floor(metadata.files.length / SAMPLED_FILES));
  const files = metadata.files.filter((_, i) => i % step === 0).slice(0, SAMPLED_FILES);
  // Most URLs state none, and to see that takes a fifth of the time that it takes to search for the numbers.
  const pattern = "'[-_.](\\d{2,4})x(\\d{2,4})\\.(jpe?g|png|webp)'";
  const sizes = `regexp_extract(u, ${pattern}, ['a', 'b'])`;
  const samples = files.map((file) => {
    const rows = tableSql({ ...metadata, files: [file] }, [url, width.name, height.name]);
    return `(SELECT * FROM (${rows}) LIMIT ${Math.floor(SAMPLED_ROWS / files.length)})`;
  });
  const [votes] = await database.rows<{ as_named: bigint; exchanged: bigint }>(
    `SELECT count(*) FILTER (a = w AND b = h) AS as_named, count(*) FILTER (a = h AND b = w) AS exchanged
     FROM (SELECT try_cast(size.a AS DOUBLE) AS a, try_cast(size.b AS DOUBLE) AS b, w, h
           FROM (SELECT ${sizes} AS size, w, h
                 FROM (SELECT ${quoteName(url)}::VARCHAR AS u, ${quoteName(width.name)}::DOUBLE AS w,
                              ${quoteName(height.name)}::DOUBLE AS h FROM (${samples.join(' UNION ALL ')}))
                 WHERE regexp_matches(u, ${pattern})))
     WHERE a <> b`,
  );
  return { asNamed: Number(votes!.as_named), exchanged: Number(votes!.exchanged) };
}

/** What to say of the votes, or of a path that names LAION's multi; undefined where there is nothing to say. */
export function widthHeightWarning(
  votes: WidthHeightVotes | undefined,
  paths: readonly string[],
  isSwapped: boolean,
): string | undefined {
  if (!votes) return undefined;
  const { asNamed, exchanged } = votes;
  const counted = asNamed + exchanged;
  const count = `of ${counted} sampled rows whose URL states a size, ${exchanged} have it with WIDTH and HEIGHT exchanged`;
  const isExchanged = counted >= MIN_VOTES && exchanged >= MIN_SHARE * counted;
  const isAsNamed = counted >= MIN_VOTES && asNamed >= MIN_SHARE * counted;
  if (isExchanged && !isSwapped) {
    return `WIDTH and HEIGHT look exchanged: ${count}. --swap-width-height puts them right, for --where and the output.`;
  }
  if (isAsNamed && isSwapped) {
    return `--swap-width-height looks wrong here: ${count}.`;
  }
  if (isExchanged || isAsNamed || isSwapped || !paths.some((path) => /multi/i.test(path))) return undefined;
  return (
    'A path says "multi": LAION-2B-multi is known for exchanged WIDTH and HEIGHT, and too few URLs here state a size to tell ' +
    `(${count}). Look at some rows; --swap-width-height exchanges the columns.`
  );
}
