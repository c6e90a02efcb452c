import type { CollectEnd, CollectResult } from '../collect/collect.ts';
import type { Feed } from '../collect/post.ts';
import { COLLECT_JSONFEED_FLAGS, COLLECT_REDDIT_FLAGS } from './collect-flags.ts';
import { collectOptions, jsonFeedOf, redditOf } from './collected-feed.ts';
import type { Command } from './command.ts';
import { counted } from './counted.ts';
import { type FlagValues, usageError } from './flags.ts';
import { withInterrupt } from './interrupt.ts';

/** `bowerbird collect reddit` */
export const COLLECT_REDDIT: Command = {
  flags: COLLECT_REDDIT_FLAGS,
  examples: [
    [
      'collect reddit earthporn+itookapicture --to posts --user-agent-contact me@example.org',
      'What is new since the last time',
    ],
    [
      'collect reddit u/NAME/m/MULTI --to posts --update-pages 10',
      'And how likes have changed on ten older pages',
    ],
  ],
  docs: 'docs/collect.md',
  extend: (parser) =>
    parser.positional('multireddit', {
      type: 'string',
      demandOption: true,
      describe: 'pics+art, u/NAME, or u/NAME/m/MULTI',
    }),
  run: ({ values, parsed }) => collect(values, redditOf(values, String(parsed['multireddit']), process.env)),
};

/** `bowerbird collect jsonfeed` */
export const COLLECT_JSONFEED: Command = {
  flags: COLLECT_JSONFEED_FLAGS,
  examples: [
    ['collect jsonfeed https://example.org/feed.json --to posts', 'JSON Feed'],
    [
      'collect jsonfeed https://example.org/api/photos --to posts --map items=data,post_id=id,URL=files[0].url,likes=stats.likes --next meta.next',
      'Another one',
    ],
  ],
  docs: 'docs/collect.md',
  extend: (parser) =>
    parser.positional('url', { type: 'string', demandOption: true, describe: 'Address of its first page' }),
  run: ({ values, parsed }) => collect(values, jsonFeedOf(values, String(parsed['url']), process.env)),
};

/** Runs a collection with its progress on stderr and its result on stdout; gives the exit code. */
async function collect(values: FlagValues, feed: Feed): Promise<number> {
  const folder = values['to'] as string | undefined;
  if (folder === undefined) throw usageError('collect needs --to: the folder that posts are collected in.');
  const options = collectOptions(values, feed, { folder, flag: '--to' });
  const { runCollect } = await import('../collect/collect.ts');
  return withInterrupt(
    () => process.stderr.write('Stopping (once more Ctrl-C: leave at once) ...\n'),
    async (signal) => {
      try {
        const result = await runCollect(options, { signal, ...collectListeners() });
        process.stdout.write(
          values['json'] === true ? `${JSON.stringify(result)}\n` : describeCollect(result),
        );
        return 0;
      } catch (thrown) {
        if (thrown !== signal.reason || !signal.aborted) throw thrown;
        process.stderr.write(
          `Interrupted. What had come is in ${folder}; the same command brings the rest.\n`,
        );
        return 130;
      }
    },
  );
}

const SAID_EVERY_MS = 2000;

/** Says on stderr what is waited for, and now and then how far it is. */
export function collectListeners(): {
  readonly onNote: (note: string) => void;
  readonly onProgress: (pages: number, posts: number) => void;
} {
  let saidMs = Date.now();
  return {
    onNote: (note) => process.stderr.write(`${note}\n`),
    onProgress: (pages, posts) => {
      if (Date.now() - saidMs < SAID_EVERY_MS) return;
      saidMs = Date.now();
      process.stderr.write(`collecting  ${pages} pages, ${posts} new posts\n`);
    },
  };
}

const ENDS: Readonly<Record<CollectEnd, string>> = {
  known: 'up to what was known',
  end: 'to the end of the feed',
  lost: 'up to where the feed led to nothing new: the next run looks behind it again',
  'page-limit': 'up to --max-pages: what is older is left',
};

/** What a run brought, for a person. */
export function describeCollect(result: CollectResult): string {
  const { feed, newPosts, updates, pages, end, left, files, allKnown, rateLimit } = result;
  const reasons = Object.entries(left).filter(([, count]) => count > 0);
  const lines = [
    `${feed}: ${counted(newPosts, 'new post')}, ${counted(updates, 'changed like count')}; ${counted(pages, 'page')}, ${ENDS[end]}`,
    ...(reasons.length > 0
      ? [`left        ${reasons.map(([reason, count]) => `${reason} ${count}`).join(', ')}`]
      : []),
    ...files.map((path) => `written     ${path}`),
    `known       ${counted(allKnown, 'post')}, those that were left among them`,
    ...(rateLimit && rateLimit.remaining !== null
      ? [
          `the host    ${Math.floor(rateLimit.remaining)} more requests${rateLimit.resetSeconds === null ? '' : ` within ${Math.ceil(rateLimit.resetSeconds)} s`}`,
        ]
      : []),
  ];
  return `${lines.join('\n')}\n`;
}
