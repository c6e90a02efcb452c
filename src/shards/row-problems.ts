import type { SampleFailure } from '../samples/reasons.ts';

/** What can be wrong with a row of an input, by the number that stands for it beside the row; 0 for nothing. */
export const ROW_PROBLEMS = {
  input_not_utf8: 1,
  input_unreadable: 2,
  image_missing: 3,
  member_unsupported: 4,
  member_path_invalid: 5,
  member_duplicate: 6,
  member_cut: 7,
  member_damaged: 8,
} as const;

/** What is wrong with a row of an input. */
export type RowProblem = keyof typeof ROW_PROBLEMS;

const MESSAGES: Readonly<Record<RowProblem, string>> = {
  input_not_utf8: 'A text of the row is not UTF-8; it is null here',
  input_unreadable: 'The file is damaged where the row stands',
  image_missing: 'There is no image',
  member_unsupported: 'The member is a link, a device or a sparse file',
  member_path_invalid: "The member's name leads out of its archive",
  member_duplicate: 'The archive has a member of that name before',
  member_cut: 'The archive ends before the sample does',
  member_damaged: 'The archive is damaged from here on',
};

/** A row's failure, for the number beside it; undefined for 0. */
export function failureOf(code: number): SampleFailure<RowProblem> | undefined {
  const reason = (Object.keys(ROW_PROBLEMS) as RowProblem[]).find((name) => ROW_PROBLEMS[name] === code);
  return reason && { kind: 'failed', reason, message: MESSAGES[reason] };
}
