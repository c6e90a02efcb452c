import test from 'ava';
import { trainProgress } from '../../src/cli/train-progress.ts';

test('what is left is told from what was done since it was begun, or gone on with', (t) => {
  let nowMs = 0;
  const said: string[] = [];
  const { advance } = trainProgress(
    () => nowMs,
    (text) => said.push(text),
  );
  const at = (ms: number, what: string, done: number): void => {
    nowMs = ms;
    advance(what, done, 100, 'steps');
  };
  // An earlier time has done 40: 10 in 5 s leave 25 s for 50.
  at(0, 'training', 40);
  at(2000, 'training', 44);
  at(5000, 'training', 50);
  // Looks lie between, whose seconds are not those of steps.
  at(6000, 'looking', 0);
  at(20_000, 'training', 51);
  at(24_000, 'training', 55);
  t.deepEqual(said, ['training  50/100 steps, 25 s left\n', 'training  55/100 steps, 45 s left\n']);
});
