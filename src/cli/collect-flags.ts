import type { CollectOptions } from '../collect/collect.ts';
import { FIELDS, type Field, jsonFeed, type Paging } from '../collect/json-feed.ts';
import { type JsonPath, parseJsonPath } from '../collect/json-path.ts';
import { type Feed, TAKEABLE, type Takeable } from '../collect/post.ts';
import { listingPath, redditFeed, SORTS, type Sort, SPANS, type Span } from '../collect/reddit.ts';
import { downloadFlags } from './download-flags.ts';
import { type FlagTable, type FlagValues, usageError, whereGiven } from './flags.ts';

const FEED = 'Feed:';
const OF_REDDIT = 'Listing of reddit:';
const OF_JSON = 'Feed in JSON:';
const POLITENESS = 'Politeness:';
const OUTPUT = 'Output:';

const REDDIT_TOKEN = 'BOWERBIRD_REDDIT_TOKEN';
const FEED_TOKEN = 'BOWERBIRD_FEED_TOKEN';

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

/** @throws BowerbirdError BB_USAGE */
export function redditOf(values: FlagValues, multireddit: string, environment: NodeJS.ProcessEnv): Feed {
  if (listingPath(multireddit) === undefined)
    throw usageError(
      `${JSON.stringify(multireddit)} names no listing: give subreddits as pics+art, a user as u/NAME, or a multireddit as u/NAME/m/MULTI.`,
    );
  const endpoint = values['endpoint'] as string | undefined;
  if (endpoint !== undefined) requireWebAddress('--endpoint', endpoint);
  return redditFeed({
    ...{ multireddit, endpoint, ...takingOf(values) },
    sort: values['sort'] as Sort,
    span: values['time'] as Span,
    token: tokenOf(REDDIT_TOKEN, endpoint ?? 'https://', values, environment),
  });
}

/** @throws BowerbirdError BB_USAGE */
export function jsonFeedOf(values: FlagValues, url: string, environment: NodeJS.ProcessEnv): Feed {
  requireWebAddress('The address', url);
  return jsonFeed({
    ...{ url, ...takingOf(values), map: mapOf(values), paging: pagingOf(values) },
    isNewestFirst: values['order'] === 'newest',
    token: tokenOf(FEED_TOKEN, url, values, environment),
  });
}

/** How a feed is collected, by the flags of a command that collects. */
export function collectOptions(
  values: FlagValues,
  feed: Feed,
  place: Pick<CollectOptions, 'folder' | 'flag'>,
): CollectOptions {
  const number = (name: string): number => values[name] as number;
  return {
    ...place,
    feed,
    client: {
      network: {
        allowPrivateAddresses: values['allow-private-addresses'] === true,
        nameServers: (values['dns'] as string[] | undefined) ?? [],
        caFile: (values['ca-file'] as string | undefined) ?? '',
        tlsInsecure: values['tls-insecure'] === true,
        userAgentToken: values['user-agent-token'] as string,
        ...whereGiven(values, 'userAgentContact', 'user-agent-contact'),
      },
      obeysRobots: values['robots'] === 'respect',
      pauseMs: 1000 * number('pause'),
      maxWaitMs: 1000 * number('max-wait'),
      pageTimeoutMs: 1000 * number('page-timeout'),
      maxPageBytes: number('max-page-bytes'),
      retries: number('page-retries'),
    },
    maxPages: number('max-pages'),
    updatePages: number('update-pages'),
    isWhole: values['whole'] === true,
    postsPerShard: number('posts-per-shard'),
  };
}

function requireWebAddress(what: string, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return;
  // Credentials are not to be seen on a screen.
  throw usageError(`${what} has to be an http or https URL without a user name or password.`);
}

function takingOf(values: FlagValues): {
  readonly taken: ReadonlySet<Takeable>;
  readonly allowPrivateAddresses: boolean;
} {
  const taken = (values['take'] as string[] | undefined) ?? [];
  const unknown = taken.find((kind) => !TAKEABLE.includes(kind as Takeable));
  if (unknown !== undefined)
    throw usageError(`--take knows ${TAKEABLE.join(', ')}; ${JSON.stringify(unknown)} is none of these.`);
  return {
    taken: new Set(taken as Takeable[]),
    allowPrivateAddresses: values['allow-private-addresses'] === true,
  };
}

function mapOf(values: FlagValues): Partial<Record<Field, JsonPath>> {
  const pairs = ((values['map'] as string[] | undefined) ?? []).map((each) => {
    const [, field, path] = /^([^=]+)=(.+)$/s.exec(each) ?? [];
    if (field === undefined || !FIELDS.includes(field as Field))
      throw usageError(
        `--map needs FIELD=PATH with a field of ${FIELDS.join(', ')}; not ${JSON.stringify(each)}.`,
      );
    return [field, pathOf('--map', path!)] as const;
  });
  return Object.fromEntries(pairs);
}

function pathOf(flag: string, text: string): JsonPath {
  const path = parseJsonPath(text);
  if (path) return path;
  throw usageError(
    `${flag} needs paths as data.images[0].url, author["display.name"] or image|preview; ${JSON.stringify(text)} is none.`,
  );
}

function pagingOf(values: FlagValues): Paging | undefined {
  const next = values['next'] as string | undefined;
  const parameter = values['next-param'] as string | undefined;
  const counted = values['page-param'] as string | undefined;
  if (counted !== undefined && (next ?? parameter) !== undefined)
    throw usageError('--page-param counts pages, --next reads where the next one is: give one or the other.');
  if (parameter !== undefined && next === undefined)
    throw usageError('--next-param needs --next: the path of its value in a page.');
  if (counted !== undefined)
    return { kind: 'number', parameter: counted, first: values['first-page'] as number };
  return next === undefined ? undefined : { kind: 'path', path: pathOf('--next', next), parameter };
}

/** @param url where it would be sent @throws BowerbirdError BB_USAGE, which does not say it */
function tokenOf(
  variable: string,
  url: string,
  values: FlagValues,
  environment: NodeJS.ProcessEnv,
): string | undefined {
  const token = environment[variable];
  if (token === undefined || token === '') return undefined;
  if (!/^[\x21-\x7e]{1,4096}$/.test(token))
    throw usageError(`${variable} holds characters that no token has.`);
  if (!url.startsWith('https:') && values['allow-private-addresses'] !== true)
    throw usageError(
      `${variable} is not sent over http, where others could read it: give an https address, or unset it.`,
    );
  return token;
}
