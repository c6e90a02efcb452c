import type { PlayedPart } from '../tables/played-parts.ts';

/** Which column played which part, a line for each that there is something to say of; empty where there is none. */
export function partLines(parts: readonly PlayedPart[], of = 'input'): string {
  const lines = parts.flatMap((part) => {
    const said = describePart(part);
    return said === undefined ? [] : [`  ${part.part.padEnd(10)} ${said}`];
  });
  return lines.length === 0 ? '' : [`Columns of the ${of}:`, ...lines].join('\n');
}

function describePart({ column, types, ...part }: PlayedPart): string | undefined {
  const notes: string[] = [];
  if (column === null && part.computed_from) notes.push(`computed from ${part.computed_from.join(' and ')}`);
  if (part.converted_to) notes.push(`${types.join(', ')} read as ${part.converted_to}`);
  if (part.missing) notes.push(describeMissing(part, part.missing));
  if (part.unfit) notes.push(`${part.unfit} ${part.unfit === 1 ? 'is' : 'are'} not fit, taken for none`);
  if (part.empty_column !== null) notes.push(`"${part.empty_column}" holds nothing but null`);
  if (column === null) return notes.length === 0 ? undefined : notes.join('; ');
  return [column, ...notes].join('; ');
}

/** `NA` is no hash and does not stand for none either: it is refused. */
function describeMissing(
  { part, computed_from }: Pick<PlayedPart, 'part' | 'computed_from'>,
  missing: number,
): string {
  const words = part === 'hash' ? 'null, empty' : 'null, empty, NA, ...';
  const said = `${missing} ${missing === 1 ? 'value is' : 'values are'} none (${words})`;
  return part === 'hash' && computed_from ? `${said}, computed from ${computed_from.join(' and ')}` : said;
}
