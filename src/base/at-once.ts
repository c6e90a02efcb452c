/**
 * Works on items, so many at one time. Once one fails no other is begun, and those that were begun have ended when it throws.
 *
 * @throws what the first that failed has thrown
 */
export async function atOnce<T>(
  most: number,
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  for await (const item of items) {
    if (failures.length > 0) break;
    const job = work(item)
      .then(
        () => undefined,
        (thrown: unknown) => void failures.push(thrown),
      )
      .finally(() => running.delete(job));
    running.add(job);
    if (running.size >= most) await Promise.race(running);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
}
