/** A function or a class. */
type Part = ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown);

/**
 * Declares functions and classes in a script that is sent elsewhere, under the names that they are given by: what a bundler
 * calls them, if anything, is another matter.
 *
 * @param parts their texts may use nothing but each other and what there is where the script runs; a class stands behind what it extends
 */
export function scriptText(parts: Readonly<Record<string, Part>>): string {
  return Object.entries(parts)
    .map(([name, part]) => `const ${name} = ${String(part)};`)
    .join('\n');
}
