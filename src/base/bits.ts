/** `count` (at most 24) bits of hi * 2^32 + lo from bit `shift` on, counted from the least. */
export function bitsAt(hi: number, lo: number, shift: number, count: number): number {
  const mask = (1 << count) - 1;
  if (shift >= 32) return (hi >>> (shift - 32)) & mask;
  if (shift === 0) return lo & mask;
  return ((lo >>> shift) | (hi << (32 - shift))) & mask;
}
