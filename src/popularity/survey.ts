import { remove } from '../base/files.ts';
import { makeTemporaryFolder } from '../base/temporary-folder.ts';
import { createPostViews, openPosts } from '../posts/table.ts';
import type { PageStandardised, PostsPageData } from '../report/posts/data.ts';
import { distributionsOf } from '../scores/distribution.ts';
import { type DuckDBConnection, openDuckDb, queryRows } from '../tables/duckdb.ts';
import { agesOf } from './ages.ts';
import { type Material, readMaterial } from './material.ts';
import type { DatasetProgress } from './options.ts';
import { PostPictures } from './post-pictures.ts';
import { repeatedFiles, repeatedHashes } from './repeats.ts';
import { RunImages } from './run-images.ts';
import { spreadsOf, usersByMedian } from './spreads.ts';
import { STANDARDISATIONS } from './standardise.ts';
import { rankedUsers, usersOf } from './users.ts';

const MEMORY_LIMIT_MB = 1024;
/** Of what the page draws by chance. */
const SEED = 0;

/** What to look at of a table of posts. */
export interface SurveyOptions {
  /** The folder of the table. */
  readonly posts: string;
  /** How many of the most and of the least liked posts are shown. */
  readonly pictures: number;
  /** Whether image files are read to find those that are the same. */
  readonly looksAtFiles: boolean;
  /** Runs that have the images of posts with a URL alone. */
  readonly picturesFrom: readonly string[];
  /** Decoder processes. */
  readonly processes: number;
}

/** What the page shows, but for how it was made. */
export type Survey = Omit<PostsPageData, 'command' | 'bowerbirdVersion' | 'name'>;

/**
 * Looks at a table of posts for its page.
 *
 * @throws BowerbirdError as `openPosts`, `RunImages.open`, BB_TEMPORARY_FOLDER, BB_DECODER_FAILED; errors of DuckDB; the signal's reason
 */
export async function surveyPosts(options: SurveyOptions, progress: DatasetProgress): Promise<Survey> {
  const table = await openPosts(options.posts);
  const temporaryFolder = await makeTemporaryFolder('posts');
  const instance = await openDuckDb({ memoryLimitMb: MEMORY_LIMIT_MB, temporaryFolder });
  const connection = await instance.connect();
  try {
    await createPostViews(connection, table);
    const material = await readMaterial(connection, SEED, progress);
    return await withPictures(connection, material, options, progress);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await remove(temporaryFolder);
  }
}

async function withPictures(
  connection: DuckDBConnection,
  material: Material,
  options: SurveyOptions,
  progress: DatasetProgress,
): Promise<Survey> {
  const runImages = await RunImages.open(options.picturesFrom, material, progress);
  const pictures = new PostPictures({ connection, runImages, processes: options.processes, progress });
  try {
    return await survey({ connection, material, pictures, progress }, options);
  } finally {
    await pictures.close();
    await runImages.close();
  }
}

/** What a table is looked at with. */
interface Looking {
  readonly connection: DuckDBConnection;
  readonly material: Material;
  readonly pictures: PostPictures;
  readonly progress: DatasetProgress;
}

async function survey(
  { connection, material, pictures, progress }: Looking,
  { pictures: shown, looksAtFiles }: SurveyOptions,
): Promise<Survey> {
  const users = usersOf(material);
  const { likes } = material.columns;
  const known = likes.filter((count) => !Number.isNaN(count));
  const rowsInOrder = async (order: string): Promise<number[]> => {
    const found = await queryRows<{ row: number }>(
      connection,
      `SELECT row FROM material WHERE likes IS NOT NULL ORDER BY likes ${order}, row LIMIT ${shown}`,
    );
    return found.map(({ row }) => row);
  };
  return {
    totals: {
      ...(await totalsOf(connection, material)),
      withoutFollowers: users.filter(({ followers }) => !followers).length,
    },
    followers: rankedUsers(users.map(({ followers }) => followers ?? 0)),
    postsPerUser: rankedUsers(users.map(({ posts }) => posts)),
    users: usersToShow(users),
    most: await pictures.show(await rowsInOrder('DESC')),
    least: await pictures.show(await rowsInOrder('ASC')),
    ages: await agesOf(connection, material),
    standardised: standardisedOf(material),
    distributions: known.length === 0 ? null : distributionsOf(known),
    repeats: [
      ...(looksAtFiles
        ? [await repeatedFiles(connection, pictures, { count: material.count, progress })]
        : []),
      await repeatedHashes(connection, pictures),
    ],
  };
}

const MOST_USERS = 25;

function usersToShow(users: ReturnType<typeof usersOf>): Survey['users'] {
  return [...users]
    .sort(
      (a, b) => (b.followers ?? -1) - (a.followers ?? -1) || b.posts - a.posts || (a.user < b.user ? -1 : 1),
    )
    .slice(0, MOST_USERS);
}

async function totalsOf(
  connection: DuckDBConnection,
  { count, userNames, columns, hasImage }: Material,
): Promise<Omit<Survey['totals'], 'withoutFollowers'>> {
  const [days] = await queryRows<{ first: string | null; last: string | null }>(
    connection,
    "SELECT strftime(min(time), '%Y-%m-%d') AS first, strftime(max(time), '%Y-%m-%d') AS last FROM material",
  );
  return {
    ...{ posts: count, users: userNames.length },
    likesHidden: columns.likes.reduce((sum, likes) => sum + Number(Number.isNaN(likes)), 0),
    images: hasImage.reduce((sum, has) => sum + has, 0),
    ...{ first: days?.first ?? null, last: days?.last ?? null },
  };
}

/** `none`, `followers`, `max`: from what leaks most to what leaks least, as a rule. */
function standardisedOf(material: Material): PageStandardised[] {
  const order = usersByMedian(material);
  return [...STANDARDISATIONS].reverse().map((how) => spreadsOf(material, how, order));
}
