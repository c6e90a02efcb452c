/**
 * The loopback address of a host by the number in its name: of many addresses, since between two of them only so many
 * connections can be made in a minute.
 */
export function addressOf(name: string): string {
  return `127.0.0.${1 + (Number.parseInt(/\d+/.exec(name)?.[0] ?? '0', 10) % 200)}`;
}
