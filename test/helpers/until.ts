import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something has come true, for as long as that takes. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(5);
}
