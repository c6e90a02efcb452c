import type { Command } from './command.ts';
import { STORE_INFO_FLAGS, STORE_POSITIONAL } from './store-flags.ts';

/** `bowerbird store info` */
export const STORE_INFO: Command = {
  examples: [['store info scores', 'Columns, entries, sources']],
  docs: 'docs/store.md',
  flags: STORE_INFO_FLAGS,
  extend: (parser) => parser.positional('store', STORE_POSITIONAL),
  run: async ({ values, parsed }) => {
    const { describeStore } = await import('./store-view.ts');
    process.stdout.write(await describeStore(parsed['store'] as string, values['json'] === true));
    return 0;
  },
};

/** `bowerbird store verify` */
export const STORE_VERIFY: Command = {
  examples: [['store verify scores', 'Ends with 1 where a byte is wrong']],
  docs: 'docs/store.md',
  flags: STORE_INFO_FLAGS,
  extend: (parser) => parser.positional('store', STORE_POSITIONAL),
  run: ({ values, parsed }) => verify(parsed['store'] as string, values['json'] === true),
};

/** Damage is an error that names the place. */
async function verify(path: string, json: boolean): Promise<number> {
  const { verifyStore } = await import('../store/verify.ts');
  const metas = await verifyStore(path, ({ phase, version }) =>
    process.stderr.write(`checking the ${phase} of ${version}\n`),
  );
  const entries = metas.reduce((sum, meta) => sum + meta.entries - meta.replaced, 0);
  const blocks = metas.reduce((sum, meta) => sum + meta.blocks, 0);
  const { checksum } = metas[0]!;
  process.stdout.write(
    json
      ? `${JSON.stringify({ ok: true, entries, blocks, checksum })}\n`
      : `${path} is whole: ${entries} entries in ${blocks} blocks, checksum ${checksum}\n`,
  );
  return 0;
}
