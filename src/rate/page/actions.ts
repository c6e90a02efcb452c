import type { PageKind } from '../options.ts';

/** Something that a key, a button or a touch does. */
export interface PageAction {
  /** Names it in the settings that a browser keeps. */
  readonly name: string;
  /** What stands on its button. */
  readonly label: string;
  /** The same where the pictures stand one above the other. */
  readonly tallLabel?: string;
  /** What stands in the list of keys. */
  readonly describe: string;
  /** Its key unless a person has chosen another: `key` of a KeyboardEvent, with `Shift+` before it. */
  readonly key: string;
  /** The answer that it gives; absent of what is none. */
  readonly answer?: string | number;
}

const PAIR: readonly PageAction[] = [
  {
    name: 'much-left',
    label: 'Left, by far',
    tallLabel: 'Upper, by far',
    describe: 'the left one is much better',
    key: 'Shift+ArrowLeft',
    answer: 'much-left',
  },
  { name: 'left', label: 'Left', describe: 'the left one is better', key: 'ArrowLeft', answer: 'left' },
  { name: 'tie', label: 'Equal', describe: 'both are as good', key: 'ArrowDown', answer: 'tie' },
  { name: 'both-bad', label: 'Both bad', describe: 'neither is any good', key: 'b', answer: 'both-bad' },
  { name: 'right', label: 'Right', describe: 'the right one is better', key: 'ArrowRight', answer: 'right' },
  {
    name: 'much-right',
    label: 'Right, by far',
    tallLabel: 'Lower, by far',
    describe: 'the right one is much better',
    key: 'Shift+ArrowRight',
    answer: 'much-right',
  },
];

const KEEP: readonly PageAction[] = [
  { name: 'leave', label: 'Leave', describe: 'leave it out', key: 'ArrowLeft', answer: 'leave' },
  { name: 'keep', label: 'Keep', describe: 'keep it', key: 'ArrowRight', answer: 'keep' },
];

/** Beside keep and leave, of a review. */
const RENAME: PageAction = {
  name: 'rename',
  label: 'Rename',
  describe: 'choose the name that it is kept under',
  key: 'r',
};

/** 10 has no key of its own on a keyboard. */
const TEN = 't';

const RATINGS: readonly PageAction[] = Array.from({ length: 21 }, (_, i) => {
  const answer = i / 2;
  const digit = Math.floor(answer);
  const key = answer === 10 ? TEN : answer === digit ? String(digit) : `Shift+${digit}`;
  return { name: `rate-${answer}`, label: String(answer), describe: `${answer} of 10`, key, answer };
});

const SKIP: PageAction = {
  name: 'skip',
  label: 'Skip',
  describe: 'skip: no answer',
  key: 's',
  answer: 'skip',
};

const CONTROLS: readonly PageAction[] = [
  { name: 'undo', label: 'Undo', describe: 'take the last answer back', key: 'z' },
  { name: 'zoom', label: 'Zoom', describe: 'look closely, while it is held', key: ' ' },
  { name: 'captions', label: 'Captions', describe: 'show captions or hide them', key: 'c' },
  { name: 'keys', label: 'Keys', describe: 'these keys', key: '?' },
];

const HALVES: PageAction = {
  name: 'halves',
  label: 'Half steps',
  describe: 'half steps, or whole ones alone',
  key: 'h',
};

/** What gives an answer, in the order of the buttons. */
export function answerActions(kind: PageKind): readonly PageAction[] {
  return { pair: PAIR, keep: KEEP, review: KEEP, rating: RATINGS }[kind].concat(SKIP);
}

/** All that has a key. */
export function pageActions(kind: PageKind): readonly PageAction[] {
  const own: Readonly<Partial<Record<PageKind, PageAction>>> = { rating: HALVES, review: RENAME };
  return [...answerActions(kind), ...[own[kind] ?? []].flat(), ...CONTROLS];
}
