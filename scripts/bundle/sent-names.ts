import type { Plugin } from 'rolldown';
import { chunkOfSent } from './chunks.ts';

/** What the bundler makes of a name that there is twice in a chunk. */
const RENAMED = /\b\w+\$\d+\b/;

/** Fails where functions that are sent to browsers as texts were renamed: they would call each other by names that there are not. */
export function sentNames(): Plugin {
  return {
    name: 'sent-names',
    generateBundle(_options, bundle) {
      for (const output of Object.values(bundle)) {
        if (output.type !== 'chunk' || !output.moduleIds.some((id) => chunkOfSent(id))) continue;
        const [renamed] = RENAMED.exec(output.code) ?? [];
        if (renamed !== undefined)
          this.error(`${output.fileName} has ${renamed}: give one of the two of that name another`);
      }
    },
  };
}
