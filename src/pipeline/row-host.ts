/**
 * The host of a URL, with its port where that is not the usual one; undefined where there is none. The host of a URL
 * that carries a user name or password is nobody's to know.
 */
export function hostOf(url: string | null | undefined): string | undefined {
  try {
    const { host, username, password } = new URL(url ?? '');
    return host === '' || username !== '' || password !== '' ? undefined : host;
  } catch {
    return undefined;
  }
}
