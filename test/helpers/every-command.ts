import { join } from 'node:path';
import { packageFolder } from '../../src/base/package.ts';
import { LOOPBACK_FLAGS } from './run-cli.ts';
import type { World } from './scored-world.ts';

/** One command of the tool with what it needs. */
export interface CommandToRun {
  /** The words that it is called by. */
  readonly name: string;
  readonly args: readonly string[];
}

const BUILTIN_HEAD = join(packageFolder, 'assets', 'encoders', 'builtin', 'head.json');

/**
 * Every command that ends by itself but `demo`, over the rows of a world. They are to be run in this order: later ones
 * read what earlier ones wrote. `name` keeps what they write apart from another round's.
 */
export function everyCommand(world: World, round: string): CommandToRun[] {
  const path = (name: string): string => world.path(`${round}-${name}`);
  const run = path('run');
  const store = path('store');
  const feed = { items: [{ id: 1, image: `${world.host.origin}/0.jpg`, title: 'one' }] };
  world.host.resources.set('/feed.json', Buffer.from(JSON.stringify(feed)));
  return [
    {
      name: 'score',
      args: ['score', world.shard, '--output-folder', run, '--save-embeddings', ...LOOPBACK_FLAGS],
    },
    {
      name: 'score --input-format embeddings',
      args: [
        ...['score', run, '--input-format', 'embeddings', '--aesthetic-head', BUILTIN_HEAD],
        ...['--output-folder', path('rescored'), '--score-threads', '2'],
      ],
    },
    {
      name: 'subset',
      args: [
        ...['subset', '--metadata', world.shard, '--tags', run],
        ...['--min-aesthetic', '2', '--output-folder', path('subset'), '--threads', '2'],
      ],
    },
    {
      name: 'feedback import',
      args: [
        ...['feedback', 'import', join(run, 'tags', '00000.parquet'), '--to', path('taste.jsonl')],
        ...['--question', 'aesthetic', '--mode', 'rating', '--columns', 'hash=hash,key=key,answer=aesthetic'],
      ],
    },
    {
      name: 'posts add',
      args: [
        ...['posts', 'add', join(run, 'tags', '00000.parquet'), '--to', path('likes')],
        ...['--columns', 'post_id=key,user=status,url=url'],
      ],
    },
    { name: 'posts export', args: ['posts', 'export', path('likes'), '--output', path('posts.csv')] },
    {
      name: 'posts export --format shards',
      args: ['posts', 'export', path('likes'), '--format', 'shards', '--output', path('post-shards')],
    },
    {
      name: 'train',
      args: [
        ...['train', '--method', 'ridge', '--feedback', path('taste.jsonl'), '--embeddings', run],
        ...['--output-folder', path('taste'), '--penalty', '1'],
      ],
    },
    {
      name: 'evaluate',
      args: [
        ...['evaluate', 'builtin', '--feedback', path('taste.jsonl'), '--embeddings', run, '--all'],
        ...['--resamples', '100', '--output-folder', path('evaluation')],
      ],
    },
    {
      name: 'collect jsonfeed',
      args: [
        ...['collect', 'jsonfeed', `${world.host.origin}/feed.json`, '--to', path('feed')],
        '--allow-private-addresses',
      ],
    },
    {
      name: 'watch',
      args: [
        ...['watch', 'jsonfeed', `${world.host.origin}/feed.json`, '--to', path('watch')],
        ...['--min-aesthetic', '2', ...LOOPBACK_FLAGS],
      ],
    },
    { name: 'audit', args: ['audit', run, '--min-rows', '1', '--output', path('audit.json')] },
    { name: 'sidecars', args: ['sidecars', run] },
    { name: 'buckets', args: ['buckets', run, '--html', path('page.html')] },
    { name: 'queue', args: ['queue', '--embeddings', run, '--output', path('queue.jsonl')] },
    { name: 'store build', args: ['store', 'build', '--from', run, '--output', store] },
    { name: 'store add', args: ['store', 'add', store, '--from', run] },
    { name: 'store compact', args: ['store', 'compact', store] },
    { name: 'store info', args: ['store', 'info', store] },
    { name: 'store verify', args: ['store', 'verify', store] },
    {
      name: 'store export',
      args: ['store', 'export', store, '--format', 'parquet', '--output', path('export.parquet')],
    },
    { name: 'lookup', args: ['lookup', store, '5', '-123'] },
    {
      name: 'lookup --input',
      args: ['lookup', store, '--input', world.shard, '--output', path('found.parquet')],
    },
  ];
}

/** A store that `everyCommand` has built by then. */
export function storeOf(world: World, round: string): string {
  return world.path(`${round}-store`);
}
