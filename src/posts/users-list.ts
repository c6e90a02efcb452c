import { BowerbirdError, messageOf } from '../base/errors.ts';
import { readPlainText } from '../base/plain-file.ts';
import { isName } from './values.ts';

/** Users that are wanted, in the order in which they come. */
export class UsersList {
  /** In small letters. */
  readonly names: readonly string[];
  readonly #names: ReadonlySet<string>;
  readonly #met = new Set<string>();

  constructor(names: readonly string[]) {
    this.#names = new Set(names.map((name) => name.toLowerCase()));
    this.names = [...this.#names];
  }

  /**
   * Reads a text file with a name on each line. Blanks around names, an `@` before them, blank lines and what follows a `#` at the beginning of a line mean nothing.
   *
   * @throws BowerbirdError BB_INPUT_UNREADABLE, BB_INPUT_EMPTY, BB_INPUT_VALUE
   */
  static async read(path: string): Promise<UsersList> {
    const lines = (await textOf(path)).split(/\r?\n/);
    const names: string[] = [];
    for (const [i, line] of lines.entries()) {
      const name = line.trim().replace(/^@/, '');
      if (name === '' || name.startsWith('#')) continue;
      if (!isName(name)) {
        throw new BowerbirdError(
          'BB_INPUT_VALUE',
          `${path}, line ${i + 1}: that is no name of a user. Write one name on each line, of at most 200 characters.`,
          { fields: { path, line: i + 1 } },
        );
      }
      names.push(name);
    }
    if (names.length > 0) return new UsersList(names);
    throw new BowerbirdError('BB_INPUT_EMPTY', `${path} names no user. Write one name on each line.`, {
      fields: { path },
    });
  }

  /** Whether a user is wanted. */
  has(user: string): boolean {
    const name = user.toLowerCase();
    if (!this.#names.has(name)) return false;
    this.#met.add(name);
    return true;
  }

  /** Those that nobody has asked for. */
  unmet(): string[] {
    return this.names.filter((name) => !this.#met.has(name));
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return (await readPlainText(path)).replace(/^\ufeff/, '');
  } catch (thrown) {
    throw new BowerbirdError('BB_INPUT_UNREADABLE', `${path} cannot be read: ${messageOf(thrown)}.`, {
      cause: thrown,
      fields: { path },
    });
  }
}
