import { MODES, type Mode } from '../feedback/answer.ts';
import type { Wanted } from '../feedback/answers.ts';
import { type FlagValues, usageError } from './flags.ts';

/** Which answers the flags choose. @throws BowerbirdError BB_USAGE */
export function wantedAnswers(values: FlagValues): Pick<Wanted, 'questions' | 'modes' | 'raters'> {
  const modes = values['mode'] as string[] | undefined;
  const unknown = modes?.find((mode) => !MODES.includes(mode as Mode));
  if (unknown !== undefined)
    throw usageError(`--mode needs ${MODES.join(', ')}; "${unknown}" is none of them.`);
  return {
    questions: values['question'] as string[] | undefined,
    modes: modes as Mode[] | undefined,
    raters: values['rater'] as string[] | undefined,
  };
}
