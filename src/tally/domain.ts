import { type DuckDBConnection, registerTextFunction } from '../tables/duckdb.ts';

const FUNCTION = 'nfkc_lower';

/**
 * SQL for the domain of a URL as LAION's table of domains has it: the URL in NFKC, its authority (between `//` and
 * the next `/`, `?` or `#`; a user name and a port stay), in lower case, without one leading `www.`. A text without
 * `//` has the domain ''. Needs `registerDomainFunction`.
 */
export function domainOf(url: string): string {
  // Only what is not ASCII goes through JavaScript: nothing else changes in NFKC.
  const normal = `CASE WHEN strlen(${url}) = length(${url}) THEN lower(${url}) ELSE ${FUNCTION}(${url}) END`;
  const authority = `regexp_extract(${normal}, '^(?:[a-z][a-z0-9+.-]*:)?//([^/?#]*)', 1)`;
  return `regexp_replace(${authority}, '^www\\.', '')`;
}

/** Makes NFKC known to a connection's database, which has only NFC of its own. */
export function registerDomainFunction(connection: DuckDBConnection): void {
  registerTextFunction(connection, FUNCTION, (url) => url.normalize('NFKC').toLowerCase());
}
