import test from 'ava';
import { TRANSFORMS_FLAGS } from '../../src/cli/transforms-flags.ts';
import { LABEL_TRANSFORMS } from '../../src/samples/label.ts';
import { allPages, readPage, tableRows } from './pages.ts';

const page = readPage('docs/transforms.md').text;

test('docs/transforms.md has every transform and every flag, and documented commands have flags that exist', (t) => {
  t.deepEqual(
    tableRows(page)
      .slice(0, LABEL_TRANSFORMS.length)
      .map(([name]) => name!),
    [...LABEL_TRANSFORMS],
  );
  for (const flag of Object.keys(TRANSFORMS_FLAGS))
    t.true(page.includes(`\`--${flag}\``) || page.includes(`\`--${flag} `), flag);
  const uses = allPages().flatMap(({ text }) => [...text.matchAll(/^bowerbird transforms.*/gm)]);
  t.true(uses.length >= 4);
  for (const [command] of uses) {
    for (const [, flag] of command.matchAll(/ --([a-z][\w-]*)/g)) t.true(flag! in TRANSFORMS_FLAGS, command);
  }
});
