import test from 'ava';
import { normalPath } from '../../src/download/consent/path-pattern.ts';
import { MAX_ROBOTS_BYTES, parseRobots } from '../../src/download/consent/robots-file.ts';
import { CASES } from './robots-cases.ts';

function isAllowed(file: string | Uint8Array, path: string, names: readonly string[] = ['FooBot']): boolean {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file;
  return parseRobots(bytes, names).isAllowed(normalPath(new URL(path, 'http://foo.bar')));
}

for (const { says, file, allowed = [], disallowed = [] } of CASES) {
  test(says, (t) => {
    t.true(allowed.length + disallowed.length > 0);
    for (const path of allowed) t.true(isAllowed(file, path), `${path} should be allowed`);
    for (const path of disallowed) t.false(isAllowed(file, path), `${path} should be disallowed`);
  });
}

test('the simple example of the RFC holds for everybody else and for a group without rules', (t) => {
  const { file } = CASES.find(({ says }) => says === 'the simple example of the RFC')!;
  t.false(isAllowed(file, '/a/b.gif', ['other']));
  t.true(isAllowed(file, '/publications/x.jpg', ['other']));
  t.true(isAllowed(file, '/example/x', ['quxbot']));
  for (const name of ['barbot', 'bazbot']) t.false(isAllowed(file, '/example/page.html', [name]));
});

test('both our names count, and their groups are one', (t) => {
  const file =
    'User-agent: bowerbird\nDisallow: /x\nUser-agent: my-crawl\nDisallow: /y\nUser-agent: *\nDisallow: /';
  const names = ['bowerbird', 'My-Crawl'];
  t.false(isAllowed(file, '/x', names));
  t.false(isAllowed(file, '/y', names));
  t.true(isAllowed(file, '/z', names));
});

/** The example of draft-ietf-aipref-attach, and what its text says beside it. */
const USAGES: readonly (readonly [string, string, Readonly<Record<string, string | null>>])[] = [
  [
    'of several rules the one with the longest path counts, as in the example of the draft',
    'User-Agent: *\nAllow: /\nDisallow: /never/\nContent-Usage: / train-ai=n\nContent-Usage: /ai-ok/ train-ai=y\n\nUser-Agent: ExampleBot\nAllow: /\nContent-Usage: / train-ai=y\n',
    { '/test': 'train-ai=n', '/ai-ok/test': 'train-ai=y' },
  ],
  [
    'the rules of our own group count alone',
    'User-Agent: *\nContent-Usage: / train-ai=n\nUser-Agent: FooBot\nContent-Usage: /x train-ai=y\n',
    { '/test': null, '/x/y': 'train-ai=y' },
  ],
  [
    'rules for one path count together',
    'User-Agent: *\nContent-Usage: /x train-ai=n\nContent-Usage: /x search=y\n',
    { '/x': 'train-ai=n, search=y' },
  ],
  [
    'blanks, tabs, case and remarks are none of a rule',
    'User-Agent: *\n\tCONTENT-usage \t:\t /x \t train-ai=n, search=y # as of May\n',
    { '/x': 'train-ai=n, search=y' },
  ],
  [
    'a rule may have a pattern',
    'User-Agent: *\nContent-Usage: /*.jpg$ train-ai=n\n',
    { '/a.jpg': 'train-ai=n', '/a.png': null },
  ],
  [
    'a rule without a path holds for all',
    'User-Agent: *\nContent-Usage: train-ai=n\n',
    { '/x': 'train-ai=n' },
  ],
  [
    'a path without a preference says nothing',
    'User-Agent: *\nContent-Usage: /x\nContent-Usage:\n',
    { '/x': null },
  ],
  [
    'a rule ends the list of names',
    'User-Agent: FooBot\nContent-Usage: / train-ai=n\nUser-Agent: BarBot\nDisallow: /\n',
    { '/x': 'train-ai=n' },
  ],
];

for (const [says, file, expected] of USAGES) {
  test(`Content-Usage: ${says}`, (t) => {
    const rules = parseRobots(Buffer.from(file), ['FooBot']);
    for (const [path, preference] of Object.entries(expected)) {
      const normal = normalPath(new URL(path, 'http://foo.bar'));
      t.is(rules.usageOf(normal), preference, path);
      t.true(rules.isAllowed(normal), path);
    }
  });
}

test('half a line at the limit is not read: it may say more than the whole one', (t) => {
  const head = 'User-agent: FooBot\nDisallow: /y\n';
  const filler = `#${'-'.repeat(MAX_ROBOTS_BYTES - head.length - 'Disallow: /'.length - 2)}\n`;
  const file = `${head}${filler}Disallow: /private\n`;
  t.is(file.indexOf('private'), MAX_ROBOTS_BYTES);
  t.true(isAllowed(file, '/x'));
  t.false(isAllowed(file, '/y'));
});

test('what lies beyond 500 KiB is not read, and all before it is', (t) => {
  const head = 'User-agent: FooBot\n';
  const rule = 'Disallow: /x\n';
  const filler = (bytes: number): string => `#${'-'.repeat(bytes - 2)}\n`;
  const within = MAX_ROBOTS_BYTES - head.length - rule.length;
  t.false(isAllowed(head + filler(within) + rule, '/x'));
  t.true(isAllowed(head + filler(within + rule.length) + rule, '/x'));
});

test('a byte order mark that was cut is no character either', (t) => {
  for (const mark of ['ef', 'efbb', 'efbbbf']) {
    const file = Buffer.concat([Buffer.from(mark, 'hex'), Buffer.from('User-agent: FooBot\nDisallow: /x\n')]);
    t.false(isAllowed(file, '/x'), mark);
  }
});

test('a file of octets that are no text reads as one that says nothing', (t) => {
  const noise = Uint8Array.from({ length: 4096 }, (_, i) => (i * 31) % 256);
  t.true(isAllowed(noise, '/x'));
  t.true(isAllowed('<!doctype html><html><body style="a: b">Disallow: /</body></html>', '/x'));
});

test('patterns that are made to be slow are matched in one walk over the path', (t) => {
  // Backtracking would take 2^40 steps here.
  const file = `User-agent: *\nDisallow: /${'*a'.repeat(40)}b$\n`;
  t.true(isAllowed(file, `/${'a'.repeat(2000)}`));
  t.false(isAllowed(file, `/${'a'.repeat(2000)}b`));
});

test("the pause that a robots.txt asks for is its own group's, the longest of several", (t) => {
  const delay = (file: string): number | undefined => parseRobots(Buffer.from(file), ['FooBot']).crawlDelayMs;
  t.is(delay('User-agent: *\nCrawl-delay: 10\n'), 10_000);
  t.is(delay('User-agent: FooBot\nCrawl-delay: 0.5\nDisallow: /x\nUser-agent: *\nCrawl-delay: 10\n'), 500);
  t.is(delay('User-agent: FooBot\nCrawl-delay: 1\nUser-agent: foobot\nCrawl-delay: 3\n'), 3000);
  for (const none of ['', '0', '-1', 'soon', '1e9'])
    t.is(delay(`User-agent: *\nCrawl-delay: ${none}\n`), undefined);
});
