import { BowerbirdError } from '../../base/errors.ts';
import { MODES, type Mode } from '../answer.ts';

/** What a column can say, and the names by which it is found, best first. */
const KNOWN_NAMES = {
  mode: ['mode'],
  id: ['answer_id'],
  question: ['question'],
  hash: ['hash'],
  key: ['key', 'image', 'path', 'image_path', 'file', 'file_name', 'filename', 'url'],
  left_hash: ['left_hash', 'hash_left', 'hash_a', 'hash1'],
  left_key: ['left_key', 'left', 'left_image', 'image_left', 'image1', 'image_a', 'img1', 'url1'],
  right_hash: ['right_hash', 'hash_right', 'hash_b', 'hash2'],
  right_key: ['right_key', 'right', 'right_image', 'image_right', 'image2', 'image_b', 'img2', 'url2'],
  answer: ['answer', 'choice', 'winner', 'preference', 'preferred', 'selected'],
  rater: ['rater', 'annotator', 'worker', 'user', 'rater_id', 'annotator_id', 'worker_id', 'user_id'],
  time: ['time', 'timestamp', 'created_at', 'date'],
  queue: ['queue'],
  seed: ['seed'],
  swapped: ['swapped'],
  took_ms: ['took_ms'],
} as const;

/** What a table of `feedback export` has and, all together, no other is known to have. */
const OWN_COLUMNS = ['id', 'question', 'mode', 'answer', 'value', 'left_key', 'right_key'];

/** Where answers have a name of their own by what they are. */
const ANSWER_NAMES: Readonly<Record<Mode, readonly string[]>> = {
  pair: KNOWN_NAMES.answer,
  rating: ['rating', 'score', 'stars', 'answer'],
  keep: ['keep', 'kept', 'answer'],
  likes: ['likes', 'like_count', 'num_likes', 'likes_count', 'answer'],
};

export type Role = keyof typeof KNOWN_NAMES;
export const ROLES = Object.keys(KNOWN_NAMES) as readonly Role[];

/** Which column says what. */
export type FoundRoles = Readonly<Partial<Record<Role, string>>>;

/** What a table is taken for. */
export interface TableShape {
  readonly roles: FoundRoles;
  /** undefined: each row says its own. */
  readonly mode: Mode | undefined;
  /** It has the columns by which tables of `feedback export` are known, and nobody has said that others are the answers. */
  readonly isExport: boolean;
}

/** What a person says of a table. */
export interface ShapeChoice {
  readonly mode?: Mode | undefined;
  readonly roles: FoundRoles;
}

/**
 * Finds what the columns of a table say, by their names, whatever their case.
 *
 * @throws BowerbirdError BB_COLUMN_MISSING for a column that was named and is not there, or where answers or samples are not found; BB_USAGE where
 *   the mode does not show
 */
export function shapeOf(path: string, columns: readonly string[], choice: ShapeChoice): TableShape {
  const byName = new Map(columns.map((name) => [name.toLowerCase(), name]));
  const firstOf = (names: readonly string[]): string | undefined =>
    names.map((name) => byName.get(name)).find((name) => name !== undefined);
  for (const [role, name] of Object.entries(choice.roles)) {
    if (!byName.has(name.toLowerCase())) throw missing(path, `column "${name}" for ${role}`, columns);
  }
  const given = Object.fromEntries(
    Object.entries(choice.roles).map(([role, name]) => [role, byName.get(name.toLowerCase())!]),
  );
  const known = Object.fromEntries(
    ROLES.flatMap((role) => {
      const name = firstOf(KNOWN_NAMES[role]);
      return name === undefined ? [] : [[role, name]];
    }),
  );
  const found: Partial<Record<Role, string>> = { ...known, ...given };
  // Only beside a mode it is the answer's own: in other tables it numbers rows or samples.
  const ownId = found.mode === undefined ? undefined : byName.get('id');
  if (ownId !== undefined) found.id ??= ownId;
  const mode = choice.mode ?? (found.mode === undefined ? modeShown(found, firstOf) : undefined);
  if (mode === undefined && found.mode === undefined) {
    throw new BowerbirdError(
      'BB_USAGE',
      `Whether ${path} has pairs, ratings, decisions to keep or likes does not show in its columns (${columns.join(', ')}). Give --mode, and --columns for what is not found.`,
      { fields: { path, columns } },
    );
  }
  const answer = given['answer'] ?? (mode ? firstOf(ANSWER_NAMES[mode]) : found.answer);
  if (answer === undefined) throw missing(path, `column of answers of mode ${mode}`, columns);
  const roles = { ...found, answer };
  refuseNameless(path, columns, { roles, mode });
  const isExport = given['answer'] === undefined && OWN_COLUMNS.every((name) => columns.includes(name));
  return { roles, mode, isExport };
}

function modeShown(
  found: FoundRoles,
  firstOf: (names: readonly string[]) => string | undefined,
): Mode | undefined {
  const hasSides = (found.left_hash ?? found.left_key) && (found.right_hash ?? found.right_key);
  if (hasSides) return 'pair';
  const single = MODES.filter((mode) => mode !== 'pair');
  const shown = single.filter((mode) => firstOf(ANSWER_NAMES[mode].filter((name) => name !== 'answer')));
  return shown.length === 1 ? shown[0] : undefined;
}

function refuseNameless(
  path: string,
  columns: readonly string[],
  { roles, mode }: Omit<TableShape, 'isExport'>,
): void {
  const sides = (roles.left_hash ?? roles.left_key) && (roles.right_hash ?? roles.right_key);
  const single = roles.hash ?? roles.key;
  const isNamed = mode === undefined ? (sides ?? single) : mode === 'pair' ? sides : single;
  if (!isNamed)
    throw missing(path, mode === 'pair' ? 'columns of both samples of a pair' : 'column of samples', columns);
}

function missing(path: string, what: string, columns: readonly string[]): BowerbirdError {
  return new BowerbirdError(
    'BB_COLUMN_MISSING',
    `${path} has no ${what}. It has: ${columns.join(', ')}. Say which is which: --columns answer=winner,left_key=a,right_key=b.`,
    { fields: { path, columns } },
  );
}
