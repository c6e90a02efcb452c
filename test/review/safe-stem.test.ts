import test from 'ava';
import fc from 'fast-check';
import { safeStem } from '../../src/review/safe-stem.ts';

test('a name leads nowhere else, is not hidden, is no device and no flag', (t) => {
  for (const [given, safe] of [
    ['sunset', 'sunset'],
    ['sunset.JPG', 'sunset'],
    ['sun.set', 'sun.set'],
    ['../../etc/passwd', '_.._etc_passwd'],
    ['..', 'own'],
    ['/', '_'],
    ['C:\\Windows\\a', 'C__Windows_a'],
    ['.bashrc', 'bashrc'],
    ['a\u0000b\nc\u001b[31m', 'abc[31m'],
    ['\u202egnp.exe', 'gnp.exe'],
    ['zero\u200bwidth\u2028', 'zerowidth'],
    ['trailing. . ', 'trailing'],
    ['-rf', '_rf'],
    ['CON', '_CON'],
    ['con.txt.jpg', '_con.txt'],
    ['COM1', '_COM1'],
    ['lpt\u00b2', '_lpt\u00b2'],
    ['console', 'console'],
    ['   ', 'own'],
    ['', 'own'],
    ['what? "this" <one>', 'what_ _this_ _one_'],
    ['u\u0308ber', '\u00fcber'],
    ['\ud800', 'own'],
  ] as const) {
    t.is(safeStem(given, 'own'), safe, JSON.stringify(given));
  }
});

test('whatever is asked for is one part of a path, of at most 180 bytes, and safe when it is made safe again', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      const safe = safeStem(text, 'own');
      t.true(Buffer.byteLength(safe) <= 181 && safe !== '');
      t.notRegex(safe, /[/\\:*?"<>|\p{C}]|^[.\s-]|[.\s]$/u);
      t.is(safe.normalize('NFC'), safe);
    }),
    { numRuns: 200 },
  );
  t.is(Buffer.byteLength(safeStem('\u00e4'.repeat(200), 'own')), 180);
  // A family is one character to a person: it is not cut in two.
  t.is(safeStem(`${'x'.repeat(170)}\u{1f468}\u200d\u{1f469}\u200d\u{1f467}`, 'own').length, 174);
});
