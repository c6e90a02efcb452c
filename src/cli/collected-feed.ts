import type { CollectOptions } from '../collect/collect.ts';
import { FIELDS, type Field, jsonFeed, type Paging } from '../collect/json-feed.ts';
import { type JsonPath, parseJsonPath } from '../collect/json-path.ts';
import { type Feed, TAKEABLE, type Takeable } from '../collect/post.ts';
import { listingPath, redditFeed, type Sort, type Span } from '../collect/reddit.ts';
import { FEED_TOKEN, REDDIT_TOKEN } from './collect-flags.ts';
import { type FlagValues, usageError, whereGiven } from './flags.ts';

/** The listing of reddit that flags say. @throws BowerbirdError BB_USAGE */
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

/** The feed in JSON that flags say. @throws BowerbirdError BB_USAGE */
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
