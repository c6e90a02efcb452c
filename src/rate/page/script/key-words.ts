/** What a pressed key is called in the settings: `Shift+ArrowLeft`, `z`, `Shift+7`. Letters and digits are those of the key, whatever Shift makes of them. */
export function keyOf({ key, code, shiftKey }: Pick<KeyboardEvent, 'key' | 'code' | 'shiftKey'>): string {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  if (digit !== undefined && (/^Numpad/.test(code) || shiftKey || key === digit))
    return shiftKey ? `Shift+${digit}` : digit;
  if (key.length === 1 && !/\p{L}/u.test(key)) return key;
  const name = key.length === 1 ? key.toLowerCase() : key;
  return shiftKey ? `Shift+${name}` : name;
}

/** How a key is written on a page. */
export function keyText(key: string): string {
  const signs: Readonly<Record<string, string>> = {
    ArrowLeft: '\u2190',
    ArrowRight: '\u2192',
    ArrowUp: '\u2191',
    ArrowDown: '\u2193',
    ' ': 'space',
    Backspace: '\u232b',
  };
  return key
    .split(/(?<=Shift)\+/)
    .map((part) => (part === 'Shift' ? '\u21e7' : (signs[part] ?? part)))
    .join(' ');
}
