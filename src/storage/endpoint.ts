import { BowerbirdError } from '../base/errors.ts';

/**
 * The URL of a server that a variable of the environment names, as it stands there; undefined, or nothing, where it names none.
 * What is no URL is not shown: a password may stand anywhere in it.
 *
 * @throws BowerbirdError BB_USAGE where it is to name one and does not
 */
export function endpointFrom(variable: string): string | undefined {
  const endpoint = process.env[variable];
  if (!endpoint || (/^https?:\/\//i.test(endpoint) && URL.canParse(endpoint))) return endpoint;
  throw new BowerbirdError(
    'BB_USAGE',
    `${variable} is no URL of a server. Set it to https://HOST or http://HOST:PORT, or unset it.`,
    { fields: { variable } },
  );
}
