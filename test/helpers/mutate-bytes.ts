import type { Random } from '../../scripts/random.ts';

/** The part of a file that is damaged most: what says of the rest what it is. */
export interface DamagedPart {
  readonly first: number;
  readonly bytes: number;
}

/** Damages a file: it is cut, or a byte is put into the part, or up to four bytes of it are changed. */
export function mutateBytes(file: Buffer, random: Random, { first, bytes }: DamagedPart): Buffer {
  const place = (): number => first + Math.floor(random.next() * bytes);
  const kind = random.next();
  if (kind < 0.15) return file.subarray(0, Math.floor(random.next() * file.length));
  if (kind < 0.3) {
    const at = place();
    return Buffer.concat([file.subarray(0, at), Buffer.from([random.next() * 256]), file.subarray(at)]);
  }
  const copy = Buffer.from(file);
  for (let i = 0; i <= random.next() * 4; i++) copy[place()] = Math.floor(random.next() * 256);
  return copy;
}
