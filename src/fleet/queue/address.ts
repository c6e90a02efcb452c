/** An address of Redis for people: passwords stay where they were given. */
export function withoutPassword(url: string): string {
  // Up to the last @, as one that stands in the password may not be written as it should; a client takes passwords behind a question mark, too.
  return url.replace(/\/\/.*@/s, '//').replace(/\?.*/s, '');
}
