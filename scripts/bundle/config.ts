// What `npm run build` makes of src/: dist/cli holds the program in few files, dist/api its door for other programs
// (docs/adr/0038-the-program-is-bundled.md).
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { defineConfig } from 'rolldown';
import { planChunks } from './chunks.ts';
import { licences } from './licences.ts';
import { isExternal } from './packages.ts';
import { requiredPackages } from './required-packages.ts';
import { scriptsBeside } from './scripts-beside.ts';
import { sentNames } from './sent-names.ts';

const source = join(import.meta.dirname, '../../src');

/** Files that Node is started with. They lie in one folder with all that may start them, and are found there by name. */
const scripts = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
  /^cli\/main\.ts$|-(?:worker|process)\.ts$/.test(name.replaceAll('\\', '/')),
);
const input = {
  ...Object.fromEntries(scripts.map((script) => [`cli/${basename(script, '.ts')}`, join(source, script)])),
  'api/index': join(source, 'api/index.ts'),
};

let chunks: ReadonlyMap<string, string> | undefined;
export default defineConfig({
  input,
  platform: 'node',
  external: isExternal,
  // Measures words as the other does, without a table of emoji whose compilation takes as long as all of the command line.
  resolve: { alias: { 'string-width': 'fast-string-width' } },
  transform: { target: 'node20.19' },
  preserveEntrySignatures: 'allow-extension',
  checks: { ineffectiveDynamicImport: false, bundlerTimings: false },
  logLevel: 'warn',
  plugins: [requiredPackages(), scriptsBeside(), sentNames(), licences('LICENSES-OF-PACKAGES.txt')],
  output: {
    dir: 'dist',
    cleanDir: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'cli/[name].js',
    comments: false,
    codeSplitting: {
      // A chunk that holds what its modules import would hold what others load without it.
      includeDependenciesRecursively: false,
      groups: [
        {
          debugName: 'chunks',
          name: (id, context) => {
            chunks ??= planChunks(Object.values(input), (each) => context.getModuleInfo(each));
            return chunks.get(id) ?? null;
          },
        },
      ],
    },
  },
});
