import { CHOICES, type Choice, type Mix } from '../queue/options.ts';
import { usageError } from './flags.ts';

/** A mix as it is written: `random=.3,variance=.7`. Parts that are not named are 0. @throws BowerbirdError BB_USAGE */
export function parseMix(text: string): Mix {
  const mix: Record<Choice, number> = { random: 0, variance: 0, top: 0, threshold: 0, repeat: 0 };
  const named = new Set<string>();
  for (const part of text.split(',')) {
    const [, name, value] = /^\s*([a-z]+)=(\d*\.?\d+)\s*$/.exec(part) ?? [];
    if (name === undefined || !(CHOICES as readonly string[]).includes(name) || named.has(name)) {
      throw usageError(
        `--mix needs parts like random=.3,variance=.7, each of ${CHOICES.join(', ')} once at most; "${part}" is none.`,
      );
    }
    named.add(name);
    mix[name as Choice] = Number(value);
  }
  if (!(CHOICES.reduce((sum, choice) => sum + mix[choice], 0) > 0))
    throw usageError('--mix needs a part above 0.');
  return mix;
}
