import { FIELDS } from '../collect/json-feed.ts';
import { TAKEABLE } from '../collect/post.ts';
import { SORTS, SPANS } from '../collect/reddit.ts';
import { downloadFlags } from './download-flags.ts';
import type { FlagTable } from './flags.ts';

const FEED = 'Feed:';
const OF_REDDIT = 'Listing of reddit:';
const OF_JSON = 'Feed in JSON:';
const POLITENESS = 'Politeness:';
const OUTPUT = 'Output:';

/** Variables that hold what a feed is asked with. */
export const REDDIT_TOKEN = 'BOWERBIRD_REDDIT_TOKEN';
export const FEED_TOKEN = 'BOWERBIRD_FEED_TOKEN';

/** What is read of a feed, whichever it is. */
export const READING_FLAGS: FlagTable = {
  take: {
    group: FEED,
    type: 'list',
    describe: `Take what is left by default: ${TAKEABLE.map((kind) => `\`${kind}\``).join(', ')}`,
  },
  'max-pages': {
    group: FEED,
    type: 'integer',
    min: 1,
    max: 1_000_000,
    default: 1000,
    describe: 'Pages that are read at most; what is older is left for good',
  },
  'update-pages': {
    group: FEED,
    type: 'integer',
    min: 0,
    max: 1_000_000,
    default: 0,
    describe: 'Pages that are read on behind the first known post, for changed like counts',
  },
  whole: {
    group: FEED,
    type: 'boolean',
    default: false,
    describe: 'Read to the end of the feed, whatever is known',
  },
};

const REDDIT: FlagTable = {
  sort: {
    group: OF_REDDIT,
    type: 'string',
    choices: SORTS,
    default: 'new',
    describe: 'Order of the listing; all but `new` are read to their end',
  },
  time: {
    group: OF_REDDIT,
    type: 'string',
    choices: SPANS,
    default: 'day',
    describe: 'With --sort top or controversial: posts of how long ago',
  },
  endpoint: {
    group: OF_REDDIT,
    type: 'string',
    describe: `Where listings are had from; https://www.reddit.com, or https://oauth.reddit.com with ${REDDIT_TOKEN}`,
  },
};

const JSON_FEED: FlagTable = {
  map: {
    group: OF_JSON,
    type: 'list',
    describe: `FIELD=PATH: where a page has its items, and an item its fields: ${FIELDS.join(', ')}; as JSON Feed 1.1 has them if not given`,
  },
  next: {
    group: OF_JSON,
    type: 'string',
    describe:
      'Path in a page of what leads to the next one: an address, or with --next-param a value; next_url if not given',
  },
  'next-param': {
    group: OF_JSON,
    type: 'string',
    describe: 'Parameter of the address that takes the value of --next',
  },
  'page-param': {
    group: OF_JSON,
    type: 'string',
    describe: 'Parameter of the address that counts pages, up to an empty one',
  },
  'first-page': {
    group: OF_JSON,
    type: 'integer',
    min: 0,
    max: 1_000_000_000,
    default: 1,
    describe: 'With --page-param: number of the first page',
  },
  order: {
    group: OF_JSON,
    type: 'string',
    choices: ['newest', 'any'],
    default: 'newest',
    describe:
      '`newest`: the newest posts come first, so that it ends at what is known; `any`: it is read to its end',
  },
};

/** How a feed's host is asked, beside what images are asked for with too. */
export const POLITENESS_FLAGS: FlagTable = {
  pause: {
    group: POLITENESS,
    type: 'number',
    min: 0,
    max: 3600,
    default: 1,
    describe: 'Seconds between two requests, at least',
  },
  'max-wait': {
    group: POLITENESS,
    type: 'number',
    min: 0,
    max: 86_400,
    default: 900,
    describe:
      'Seconds of a pause that the host asks for which are waited; with a longer one the command ends, and keeps what it has',
  },
  'page-timeout': {
    group: POLITENESS,
    type: 'number',
    min: 0.1,
    max: 3600,
    default: 60,
    describe: 'Seconds for one page',
  },
  'page-retries': {
    group: POLITENESS,
    type: 'integer',
    min: 0,
    max: 20,
    default: 3,
    describe: 'Further tries of a page after a failure that may pass',
  },
  'max-page-bytes': {
    group: POLITENESS,
    type: 'integer',
    min: 1024,
    max: 268_435_456,
    default: 8_388_608,
    describe: 'Bytes of the largest page that is read',
  },
};

/** Those flags of downloads that matter to a feed as well. */
function networkFlags(): FlagTable {
  const all = downloadFlags(POLITENESS);
  const names = [
    ...['user-agent-token', 'user-agent-contact', 'robots', 'allow-private-addresses'],
    ...['dns', 'ca-file', 'tls-insecure'],
  ];
  return Object.fromEntries(names.map((name) => [name, all[name]!]));
}

const POSTS_PER_SHARD: FlagTable = {
  'posts-per-shard': {
    group: OUTPUT,
    type: 'integer',
    min: 1,
    max: 1_000_000,
    default: 10_000,
    describe: 'Posts of a shard at most',
  },
};

function outputFlags(): FlagTable {
  return {
    to: {
      group: OUTPUT,
      type: 'string',
      required: true,
      describe: 'Folder of the collection; made where it is missing',
    },
    ...POSTS_PER_SHARD,
    json: { group: OUTPUT, type: 'boolean', default: false, describe: 'Print the result as one JSON object' },
  };
}

/** The flags of `bowerbird collect reddit`. */
export const COLLECT_REDDIT_FLAGS: FlagTable = {
  ...REDDIT,
  ...READING_FLAGS,
  ...POLITENESS_FLAGS,
  ...networkFlags(),
  ...outputFlags(),
};

/** The flags of `bowerbird collect jsonfeed`. */
export const COLLECT_JSONFEED_FLAGS: FlagTable = {
  ...JSON_FEED,
  ...READING_FLAGS,
  ...POLITENESS_FLAGS,
  ...networkFlags(),
  ...outputFlags(),
};

/** The flags of both. */
export const COLLECT_FLAGS: FlagTable = { ...COLLECT_REDDIT_FLAGS, ...COLLECT_JSONFEED_FLAGS };
