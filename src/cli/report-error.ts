import { environmentError } from '../base/environment.ts';
import { BowerbirdError } from '../base/errors.ts';

/** Tells a person on stderr what a command ended with; gives the exit code. */
export function reportError(thrown: unknown): number {
  const error = thrown instanceof BowerbirdError ? thrown : environmentError(thrown);
  if (error) {
    process.stderr.write(`bowerbird: ${error.message}\n[${error.code}]\n`);
    if (error.code === 'BB_USAGE') process.stderr.write('`bowerbird <command> --help` lists the flags.\n');
    return error.exitCode;
  }
  const trace = thrown instanceof Error ? thrown.stack : String(thrown);
  process.stderr.write(
    `bowerbird: this is a defect of bowerbird itself; please report it.\n${trace}\n[BB_INTERNAL]\n`,
  );
  return 1;
}
