import type { ListenPlace } from '../web/listen.ts';
import { type FlagTable, type FlagValues, usageError } from './flags.ts';

const TOKEN_VARIABLE = 'BOWERBIRD_TOKEN';
const MAX_PORT = 65_535;

/** The flags of where a local page is served. @param what crosses the network beyond loopback */
export function addressFlags(port: number, what: string): FlagTable {
  return {
    host: {
      group: 'Address:',
      type: 'string',
      default: '127.0.0.1',
      describe: `Address to listen on; beyond loopback, ${what} cross the network unencrypted`,
    },
    port: {
      group: 'Address:',
      type: 'integer',
      min: 0,
      max: MAX_PORT,
      default: port,
      describe: 'Port; 0 takes any that is free',
    },
    token: {
      group: 'Address:',
      type: 'string',
      describe: `Token in the address of the page, made anew at each start where not given; better given as ${TOKEN_VARIABLE}`,
    },
  };
}

/** What the flags and the environment say. @throws BowerbirdError BB_USAGE */
export function addressOptions(
  values: FlagValues,
  environment: NodeJS.ProcessEnv,
): ListenPlace & { readonly token: string | undefined } {
  const token = (values['token'] as string | undefined) ?? environment[TOKEN_VARIABLE];
  if (token !== undefined && !/^[\w.~-]{8,}$/.test(token)) {
    throw usageError(
      `The token (--token or ${TOKEN_VARIABLE}) needs at least 8 letters, digits or - . _ ~, for an address carries it.`,
    );
  }
  return { host: values['host'] as string, port: values['port'] as number, token };
}
