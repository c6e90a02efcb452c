const MAX_QUOTED_CHARACTERS = 80;

/** Text from a file, fit for a message: printable ASCII only, and not long. */
export function quote(text: string): string {
  const cut = text.length > MAX_QUOTED_CHARACTERS ? `${text.slice(0, MAX_QUOTED_CHARACTERS)}...` : text;
  return `"${cut.replace(/[^\x20-\x7e]/g, '?')}"`;
}
