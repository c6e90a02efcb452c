import { join } from 'node:path';
import { packageFolder } from '../base/package.ts';

/** A command as it could be typed, and what it is for. */
export type Example = readonly [command: string, what: string];

/**
 * What the help of a command opens with: how it is called, what it does, and examples. Examples stand first because
 * that is what most people look for.
 */
export function helpOpening(usage: string, describe: string, examples: readonly Example[]): string {
  // As a shell takes them; yargs would take away any indentation.
  const lines = examples.map(([command, what]) => `# ${what}\nbowerbird ${command}`);
  const shown = lines.length > 0 ? `\n\nExamples:\n${lines.join('\n')}` : '';
  return `bowerbird ${usage}\n\n${describe}${shown}`;
}

/** Where a page of the documentation lies on this machine. */
export function docsLine(page: string): string {
  return `Documentation: ${join(packageFolder, page)}`;
}

/** a, b or c */
export function inWords(names: readonly string[]): string {
  return names.join(', ').replace(/, ([^,]*)$/, ' or $1');
}
