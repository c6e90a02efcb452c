import type { FileClientOptions } from '../download/file-client.ts';
import type { LibraryOptions } from '../models/library/library.ts';
import { downloadFlags } from './download-flags.ts';
import type { FlagTable, FlagValues } from './flags.ts';
import { variantFlags, variantOf } from './variant-flags.ts';

const MODELS = 'Models:';
const NETWORK = 'Network:';

const REGISTRY: FlagTable = {
  registry: {
    group: MODELS,
    type: 'string',
    describe: 'Registry of models beside those that come with bowerbird (docs/models.md)',
  },
};

const JSON_FLAG: FlagTable = {
  json: { group: 'Output:', type: 'boolean', default: false, describe: 'Print the result as JSON' },
};

/** The flags of `score` that say how models are found. */
export function libraryFlags(group: string): FlagTable {
  return {
    registry: { ...REGISTRY['registry']!, group },
    offline: {
      group,
      type: 'boolean',
      default: false,
      describe: 'Fetch no model: a name stands for what is in the cache (docs/models.md)',
    },
  };
}

/** Those flags of downloads that matter to a model as well. */
function networkFlags(): FlagTable {
  const all = downloadFlags(NETWORK);
  const names = ['allow-private-addresses', 'dns', 'ca-file', 'tls-insecure'];
  return Object.fromEntries(names.map((name) => [name, all[name]!]));
}

/** Flags of `models list`. */
export const MODELS_LIST_FLAGS: FlagTable = { ...REGISTRY, ...JSON_FLAG };

/** Flags of `models where`. */
export const MODELS_WHERE_FLAGS: FlagTable = { ...REGISTRY, ...variantFlags(MODELS), ...JSON_FLAG };

/** Flags of `models fetch`. */
export const MODELS_FETCH_FLAGS: FlagTable = {
  ...libraryFlags(MODELS),
  ...variantFlags(MODELS),
  ...networkFlags(),
  ...JSON_FLAG,
};

/** How a command's flags would have models looked up. */
export function libraryOptions(values: FlagValues, onNote: (note: string) => void): LibraryOptions {
  const network: FileClientOptions = {
    allowPrivateAddresses: values['allow-private-addresses'] === true,
    nameServers: (values['dns'] as string[] | undefined) ?? [],
    caFile: (values['ca-file'] as string | undefined) ?? '',
    tlsInsecure: values['tls-insecure'] === true,
  };
  return {
    registryFile: values['registry'] as string | undefined,
    isOffline: values['offline'] === true,
    ...('dtype' in values && { variant: variantOf(values) }),
    network,
    environment: process.env,
    onNote,
  };
}
