import type { SliceReport } from '../fleet/do-slice.ts';
import { shellWord } from './command.ts';
import { shardNames } from './shard-names.ts';

/** What is left to do of a planned run, for a person. @param folder the run */
export function describeRest(
  { open, replacing, damaged }: Pick<SliceReport, 'open' | 'replacing' | 'damaged'>,
  folder: string,
): string {
  const merge = `\`bowerbird merge ${shellWord(folder)}\``;
  const notes = [
    ...(open > 0 ? [`${open} shards of the plan are still open.`] : []),
    ...(damaged.length > 0
      ? [
          `${damaged.length} finished shards do not count, since their stats are cut or of another plan (${shardNames(damaged)}): ${merge} names what to remove.`,
        ]
      : []),
    ...(replacing.length > 0
      ? [
          `${replacing.length} finished shards are partly old and partly new (${shardNames(replacing)}): ` +
            `a \`score --retry-failed\` is replacing them, or was killed in that. ${merge} or the same \`score --retry-failed\` brings that to its end.`,
        ]
      : []),
  ];
  return notes.join(' ') || `All shards of the plan are committed: ${merge} makes the rest.`;
}
