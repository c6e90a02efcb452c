import { BowerbirdError, codeOf, firstSentence, messageOf } from '../base/errors.ts';
import { withUrls } from '../storage/copied-urls.ts';
import { shownMessage, shownText } from '../storage/storage.ts';

/** V8 (arrays, WebAssembly), Node and native code each say it in their own words. */
const OUT_OF_MEMORY =
  /out of memory|cannot allocate|allocation failed|bad_alloc|could not allocate|invalid array buffer length/i;

/** What Node, and the loaders of sharp, DuckDB, LMDB and ONNX Runtime, say of a binary that is missing or does not fit. */
const BROKEN_INSTALLATION =
  /could not load the "sharp" module|no native build was found|cannot find module|cannot find package|cannot open shared object|version `GLIBC|wrong ELF class|invalid ELF header|not a valid Win32 application/i;
const INSTALLATION_CODES: ReadonlySet<string | undefined> = new Set([
  'ERR_DLOPEN_FAILED',
  'MODULE_NOT_FOUND',
  'ERR_MODULE_NOT_FOUND',
]);

/** Tells a person on stderr what a command ended with; gives the exit code. */
export function reportError(thrown: unknown): number {
  const error = thrown instanceof BowerbirdError ? thrown : environmentError(thrown);
  if (error) {
    const message = shownMessage(withShownWords(withUrls(error.message), process.argv.slice(2)));
    process.stderr.write(`bowerbird: ${message}\n[${error.code}]\n`);
    if (error.code === 'BB_USAGE') process.stderr.write('`bowerbird <command> --help` lists the flags.\n');
    return error.exitCode;
  }
  const trace = thrown instanceof Error ? thrown.stack : String(thrown);
  process.stderr.write(
    `bowerbird: this is a defect of bowerbird itself; please report it.\n${shownMessage(trace ?? '')}\n[BB_INTERNAL]\n`,
  );
  return 1;
}

/**
 * A message in which words of the command line, and values of flags, stand as they may be shown: a URL in it is taken to end at a space, which a password may have.
 *
 * @param args as they were typed
 */
export function withShownWords(message: string, args: readonly string[]): string {
  const words = args.flatMap((arg) => [arg, arg.slice(arg.indexOf('=') + 1)]);
  return words
    .filter((word) => /\s/.test(word) && shownText(word) !== word)
    .flatMap((word) =>
      [word, JSON.stringify(word).slice(1, -1)].map((typed) => [typed, shownText(word)] as const),
    )
    .reduce((text, [typed, shown]) => text.replaceAll(typed, () => shown), message);
}

/**
 * What was thrown, as an error with a code, where this machine and not bowerbird is at fault: no memory or no file
 * descriptors left, packages or their binaries missing. undefined where it is anything else.
 */
export function environmentError(thrown: unknown): BowerbirdError | undefined {
  const code = codeOf(thrown);
  const details = { cause: thrown };
  if (code === 'EMFILE' || code === 'ENFILE')
    return new BowerbirdError(
      'BB_TOO_FEW_FILE_DESCRIPTORS',
      `No more files can be opened: ${firstSentence(thrown)} Allow more with "ulimit -n 4096".`,
      details,
    );
  if (code === 'ENOMEM' || code === 'ERR_MEMORY_ALLOCATION_FAILED' || OUT_OF_MEMORY.test(messageOf(thrown)))
    return new BowerbirdError(
      'BB_OUT_OF_MEMORY',
      `There is not enough memory: ${firstSentence(thrown)} WebAssembly reserves 10 GB of addresses, so "ulimit -v" must be ` +
        'unlimited; bound real memory with --memory-mb, or a container, instead.',
      details,
    );
  if (INSTALLATION_CODES.has(code) || BROKEN_INSTALLATION.test(messageOf(thrown)))
    return new BowerbirdError(
      'BB_INSTALLATION',
      `A package that bowerbird needs is missing or does not fit this machine: ${firstSentence(thrown)} ` +
        `Install again on this machine (npm ci), with optional packages; Node ${process.version} on ${process.platform}-${process.arch}.`,
      details,
    );
  return undefined;
}
