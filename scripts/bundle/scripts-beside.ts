import { posix } from 'node:path';
import type { Plugin } from 'rolldown';

const SCRIPT = /\bnew URL\(\s*["'`](\.[^"'`\n]+\.js)["'`],\s*import\.meta\.url\)/g;

/** Fails where a chunk starts a script that does not lie beside it: chunks lie elsewhere than the modules that are in them. */
export function scriptsBeside(): Plugin {
  return {
    name: 'scripts-beside',
    generateBundle(_options, bundle) {
      for (const output of Object.values(bundle)) {
        if (output.type !== 'chunk') continue;
        for (const [, script] of output.code.matchAll(SCRIPT)) {
          const path = posix.join(posix.dirname(output.fileName), script!);
          if (!(path in bundle)) this.error(`${output.fileName} starts ${path}, which is not in dist/`);
        }
      }
    },
  };
}
