// Takes the lock that it is given and keeps it until it is ended; says on stdout how that went.
import { BowerbirdError, codeOf } from '../../src/base/errors.ts';
import { takeLock } from '../../src/base/lock.ts';

try {
  await takeLock(process.argv[2]!, (who) => new BowerbirdError('BB_RUN_LOCKED', who));
  process.stdout.write(`held by ${process.pid}\n`);
} catch (thrown) {
  process.stdout.write(`${codeOf(thrown) ?? String(thrown)}\n`);
}
process.stdin.resume();
