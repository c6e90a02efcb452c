/** A robots.txt, and the paths that a crawler called FooBot may ask for or may not. */
export interface Case {
  readonly says: string;
  readonly file: string;
  readonly allowed?: readonly string[];
  readonly disallowed?: readonly string[];
}

/**
 * RFC 9309's own examples and rules (by section), and those of the tests that Google published with its parser
 * (github.com/google/robotstxt, robots_test.cc), where these follow the RFC or read leniently what it leaves open.
 */
export const CASES: readonly Case[] = [
  // 2.1 and 2.2: groups and lines.
  { says: 'an empty file allows all', file: '', allowed: ['/', '/x/y'] },
  {
    says: 'the file itself may be asked for, and nothing else of that name',
    file: 'user-agent: FooBot\ndisallow: /\ndisallow: /robots.txt\n',
    allowed: ['/robots.txt'],
    disallowed: ['/x/robots.txt', '/robots.txt/x', '/robots.txt?x', '/ROBOTS.TXT'],
  },
  { says: 'a group for us holds', file: 'user-agent: FooBot\ndisallow: /\n', disallowed: ['/x/y'] },
  { says: 'lines of other names say nothing', file: 'foo: FooBot\nbar: /\n', allowed: ['/x/y'] },
  { says: 'a forgotten colon is seen', file: 'user-agent FooBot\ndisallow /\n', disallowed: ['/x/y'] },
  {
    says: 'rules before any group say nothing',
    file: 'disallow: /foo\nuser-agent: FooBot\nallow: /\n',
    allowed: ['/foo'],
  },
  {
    says: 'groups for the same name are one',
    file: 'user-agent: FooBot\ndisallow: /\nallow: /x/\nuser-agent: BarBot\ndisallow: /\nallow: /y/\n\nallow: /w/\nuser-agent: BazBot\n\nuser-agent: FooBot\nallow: /z/\ndisallow: /\n',
    allowed: ['/x/b', '/z/d'],
    disallowed: ['/y/c', '/w/a'],
  },
  {
    says: 'a group may have several names',
    file: 'User-agent: BarBot\nUser-agent: FooBot\nDisallow: /x\n',
    disallowed: ['/x'],
    allowed: ['/y'],
  },
  {
    says: 'blank lines and comments end no group',
    file: 'User-agent: FooBot\n\n# who else\n\nDisallow: /x\n',
    disallowed: ['/x'],
  },
  {
    says: 'lines that are none of the protocol interrupt nothing (2.2.4)',
    file: 'User-agent: FooBot\nSitemap: https://foo.bar/map.xml\nNoindex: /a\nUser-agent: BarBot\nDisallow: /x\n',
    disallowed: ['/x'],
  },
  {
    says: 'names of lines have no case',
    file: 'uSeR-aGeNt: FooBot\nAlLoW: /x/\ndIsAlLoW: /\n',
    allowed: ['/x/y'],
    disallowed: ['/a/b'],
  },
  {
    says: 'a misspelt line is read as what it means',
    file: 'useragent: FooBot\ndissallow: /x\n',
    disallowed: ['/x'],
  },
  { says: 'lines may end with CR', file: 'User-agent: FooBot\rDisallow: /x\rAllow: /\r', disallowed: ['/x'] },
  { says: 'lines may end with CRLF', file: 'User-agent: FooBot\r\nDisallow: /x\r\n', disallowed: ['/x'] },
  { says: 'the last line needs no end', file: 'User-agent: FooBot\nDisallow: /x', disallowed: ['/x'] },
  {
    says: 'blanks around names and values are none of them',
    file: '  User-agent :\tFooBot  \n\tDisallow  :   /x  \n',
    disallowed: ['/x'],
  },
  {
    says: 'a byte order mark is no character',
    file: '\u{feff}User-agent: FooBot\nDisallow: /x\n',
    disallowed: ['/x'],
  },
  // 2.2.1: names.
  { says: 'our name has no case', file: 'User-Agent: FOOBOT\nDisallow: /x\n', disallowed: ['/x'] },
  {
    says: 'a version is no part of a name',
    file: 'User-agent: FooBot/2.1\nDisallow: /x\n',
    disallowed: ['/x'],
  },
  {
    says: 'a name ends at a blank',
    file: 'User-agent: FooBot (all of it)\nDisallow: /x\n',
    disallowed: ['/x'],
  },
  { says: 'longer names are others', file: 'User-agent: FooBot-News\nDisallow: /\n', allowed: ['/x'] },
  { says: 'shorter names are others', file: 'User-agent: Foo\nDisallow: /\n', allowed: ['/x'] },
  {
    says: 'the group for everybody holds where none is for us',
    file: 'user-agent: BarBot\nallow: /\nuser-agent: *\ndisallow: /\n',
    disallowed: ['/x/y'],
  },
  {
    says: 'the group for everybody does not hold where one is for us',
    file: 'User-agent: *\nDisallow: /x/\nUser-agent: FooBot\nDisallow: /y/\n',
    allowed: ['/x/page'],
    disallowed: ['/y/page'],
  },
  {
    says: 'a group for us without rules allows all',
    file: 'User-agent: *\nDisallow: /\nUser-agent: FooBot\n',
    allowed: ['/x'],
  },
  {
    says: 'with groups for others alone, no rule applies',
    file: 'user-agent: BarBot\ndisallow: /\nuser-agent: BazBot\ndisallow: /\n',
    allowed: ['/x/y'],
  },
  {
    says: 'groups for everybody are one',
    file: 'User-agent: *\nDisallow: /x\nUser-agent: BarBot\nDisallow: /\nUser-agent: *\nDisallow: /y\n',
    disallowed: ['/x', '/y'],
    allowed: ['/z'],
  },
  {
    says: 'a name that is inherited by all objects is a name',
    file: 'constructor: x\n__proto__: y\n',
    allowed: ['/'],
  },
  // 2.2.2: paths.
  {
    says: 'paths have case',
    file: 'user-agent: FooBot\ndisallow: /X/\n',
    allowed: ['/x/y'],
    disallowed: ['/X/y'],
  },
  {
    says: 'the longest match decides, here against',
    file: 'user-agent: FooBot\ndisallow: /x/page.html\nallow: /x/\n',
    disallowed: ['/x/page.html'],
    allowed: ['/x/other'],
  },
  {
    says: 'the longest match decides, here for',
    file: 'user-agent: FooBot\nallow: /x/page.html\ndisallow: /x/\n',
    allowed: ['/x/page.html'],
    disallowed: ['/x/'],
  },
  {
    says: 'rules without a path say nothing',
    file: 'user-agent: FooBot\ndisallow:\nallow:\n',
    allowed: ['/x'],
  },
  {
    says: 'an empty disallow ends the list of names',
    file: 'User-agent: FooBot\nDisallow:\nUser-agent: BarBot\nDisallow: /\n',
    allowed: ['/x'],
  },
  {
    says: 'of two equal rules the one that allows counts',
    file: 'user-agent: FooBot\nallow: /\ndisallow: /\n',
    allowed: ['/x'],
  },
  { says: 'in either order', file: 'user-agent: FooBot\ndisallow: /x\nallow: /x\n', allowed: ['/x'] },
  {
    says: 'a slash more is an octet more',
    file: 'user-agent: FooBot\ndisallow: /x\nallow: /x/\n',
    disallowed: ['/x'],
    allowed: ['/x/'],
  },
  {
    says: 'octets are counted in the pattern, not in what it matches',
    file: 'user-agent: FooBot\nallow: /page\ndisallow: /*.html\n',
    disallowed: ['/page.html'],
    allowed: ['/page'],
  },
  {
    says: 'and so the longer pattern without a wildcard counts',
    file: 'user-agent: FooBot\nallow: /x/page.\ndisallow: /*.html\n',
    allowed: ['/x/page.html'],
    disallowed: ['/x/y.html'],
  },
  {
    says: 'a path that does not begin with a slash matches none',
    file: 'user-agent: FooBot\ndisallow: x\n',
    allowed: ['/x'],
  },
  {
    says: 'a query is matched as it is',
    file: 'User-agent: FooBot\nDisallow: /\nAllow: /foo/bar?qux=taz&baz=http://foo.bar?tar&par\n',
    allowed: [
      '/foo/bar?qux=taz&baz=http://foo.bar?tar&par',
      '/foo/bar?qux=taz&baz=http%3A%2F%2Ffoo.bar?tar&par',
    ],
    disallowed: ['/foo/bar?qux=taz'],
  },
  {
    says: 'characters that are no ASCII are matched by their octets',
    file: 'User-agent: FooBot\nDisallow: /\nAllow: /foo/bar/ツ\n',
    allowed: ['/foo/bar/%E3%83%84', '/foo/bar/%e3%83%84', '/foo/bar/ツ'],
    disallowed: ['/foo/bar/%E3%83%85'],
  },
  {
    says: 'encoded ones too',
    file: 'User-agent: FooBot\nDisallow: /foo/bar/%e3%83%84\n',
    disallowed: ['/foo/bar/%E3%83%84', '/foo/bar/ツ'],
  },
  {
    says: 'what needs no encoding is decoded before it is compared',
    file: 'User-agent: FooBot\nDisallow: /foo/bar/%62%61%7A\n',
    disallowed: ['/foo/bar/baz', '/foo/bar/%62%61%7A', '/foo/b%61r/baz'],
  },
  {
    says: 'reserved characters are others when they are encoded',
    file: 'User-agent: FooBot\nDisallow: /a%2Fb\n',
    disallowed: ['/a%2fb'],
    allowed: ['/a/b'],
  },
  {
    says: 'octets that are no UTF-8 are octets',
    file: 'User-agent: FooBot\nDisallow: /x%ff\n',
    disallowed: ['/x%FF'],
  },
  {
    says: 'a lone percent sign is a character',
    file: 'User-agent: FooBot\nDisallow: /x%zz\n',
    disallowed: ['/x%zz'],
  },
  {
    says: 'blanks within a path are encoded',
    file: 'User-agent: FooBot\nDisallow: /my files/\n',
    disallowed: ['/my%20files/a', '/my files/a'],
  },
  // 2.2.3: special characters.
  {
    says: 'a comment is no part of a path',
    file: 'User-agent: FooBot\n# Disallow: /\nDisallow: /foo/quz#qux\nAllow: /\n',
    allowed: ['/foo/bar'],
    disallowed: ['/foo/quz'],
  },
  {
    says: 'a star stands for any characters, and for none',
    file: 'User-agent: FooBot\nDisallow: /foo/bar/quz\nAllow: /foo/*/qux\n',
    disallowed: ['/foo/bar/quz'],
    allowed: ['/foo/quz', '/foo//quz', '/foo/bax/quz'],
  },
  {
    says: 'a dollar is the end of the path',
    file: 'User-agent: FooBot\nDisallow: /foo/bar$\nAllow: /foo/bar/qux\n',
    disallowed: ['/foo/bar'],
    allowed: ['/foo/bar/qux', '/foo/bar/', '/foo/bar/baz'],
  },
  {
    says: 'a star at the end changes nothing',
    file: 'user-agent: FooBot\ndisallow: /\nallow: /fish*\n',
    allowed: ['/fish', '/fish.html', '/fishheads/yummy.html', '/fish.html?id=anything'],
    disallowed: ['/bar', '/Fish.bar', '/catfish', '/?id=fish'],
  },
  {
    says: 'a star reaches over slashes and into the query',
    file: 'user-agent: FooBot\ndisallow: /\nallow: /*.php\n',
    allowed: [
      '/filename.php',
      '/folder/filename.php?p',
      '//folder/any.php.file.html',
      '/index?f=filename.php/',
    ],
    disallowed: ['/php/', '/index?php', '/windows.PHP'],
  },
  {
    says: 'a star and a dollar',
    file: 'user-agent: FooBot\ndisallow: /\nallow: /*.php$\n',
    allowed: ['/filename.php', '/folder/filename.php', '/a.php.php'],
    disallowed: ['/filename.php?parameters', '/filename.php/', '/filename.php5', '/aaaphpaaa'],
  },
  {
    says: 'a star in the middle',
    file: 'user-agent: FooBot\ndisallow: /\nallow: /fish*.php\n',
    allowed: ['/fish.php', '/fishheads/catfish.php?parameters'],
    disallowed: ['/Fish.PHP', '/fish.ph'],
  },
  {
    says: 'pieces before and after a star do not overlap',
    file: 'user-agent: FooBot\ndisallow: /ab*ba$\n',
    allowed: ['/aba', '/ab'],
    disallowed: ['/abba', '/ab/ba'],
  },
  {
    says: 'the root alone',
    file: 'user-agent: FooBot\nallow: /$\ndisallow: /\n',
    allowed: ['/'],
    disallowed: ['/page.html'],
  },
  {
    says: 'special characters that are meant are encoded',
    file: 'User-agent: FooBot\nDisallow: /path/file-with-a-%2A.html\nDisallow: /path/foo-%24\n',
    disallowed: ['/path/file-with-a-*.html', '/path/foo-$', '/path/foo-%24'],
    allowed: ['/path/file-with-a-b.html', '/path/foo-'],
  },
  {
    says: 'a dollar that is not at the end is a character',
    file: 'User-agent: FooBot\nDisallow: /a$b\n',
    disallowed: ['/a$b'],
    allowed: ['/a'],
  },
  // 5.1 and 5.2: the examples at the RFC's end.
  {
    says: 'the simple example of the RFC',
    file: 'User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\nUser-Agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\nUser-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\nUser-Agent: quxbot\n',
    allowed: ['/example/page.html', '/example/allowed.gif'],
    disallowed: ['/publications/', '/example/'],
  },
  {
    says: 'the longest match of the RFC',
    file: 'User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n',
    allowed: ['/example/page/', '/example/page/other.gif'],
    disallowed: ['/example/page/disallowed.gif'],
  },
];
