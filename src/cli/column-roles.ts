import { type FlagValues, usageError } from './flags.ts';

/** `--columns ROLE=COLUMN,...` as columns by role. @throws BowerbirdError BB_USAGE */
export function columnsByRole<Role extends string>(
  values: FlagValues,
  roles: readonly Role[],
): Partial<Record<Role, string>> {
  const pairs = ((values['columns'] as string[] | undefined) ?? []).map((each) => {
    const [, role, name] = /^(\w+)=(.+)$/.exec(each) ?? [];
    if (name !== undefined && roles.includes(role as Role)) return [role, name] as const;
    throw usageError(`--columns needs ROLE=COLUMN with a role of ${roles.join(', ')}; not "${each}".`);
  });
  return Object.fromEntries(pairs) as Partial<Record<Role, string>>;
}
