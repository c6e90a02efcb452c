import test from 'ava';
import { runCli } from '../helpers/run-cli.ts';

const REFUSED = [
  [['--output-format', 'files'], /--output-format does nothing without --save-images/],
  [['--save-images', 'kept', '--image-size', '64'], /--image-size does nothing without --resize-mode/],
  [
    ['--save-images', 'kept', '--resize-mode', 'no', '--encode-format', 'png', '--encode-quality', '95'],
    /--encode-quality of png is 0 to 9, not 95/,
  ],
  [['--save-images', 'kept', '--resize-mode', 'no', '--encode-quality', '0'], /of jpg is 1 to 100, not 0/],
  [['--save-images', 'kept', '--resize-mode', 'no', '--disable-all-reencoding'], /Leave one out/],
  [['--save-images', 'all'], /save-images/],
] as const;

test('flags of saved images that do nothing or contradict each other are refused before any work', async (t) => {
  for (const [flags, told] of REFUSED) {
    const { exitCode, stderr } = await runCli(['score', 'none.txt', '--output-folder', 'none', ...flags]);
    t.is(exitCode, 2);
    t.regex(stderr, told);
  }
});
