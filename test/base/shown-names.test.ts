import test from 'ava';
import { isShownName, isShownPath } from '../../src/base/shown-names.ts';

test('hidden and temporary names are passed over, and names that only look like them are not', (t) => {
  for (const name of ['.git', '.x.parquet', 'x.parquet.tmp', '.tmp', '_temporary'])
    t.false(isShownName(name), name);
  for (const name of ['_x', 'a.b', 'tmp', 'x.tmp.parquet', 'x.TMP']) t.true(isShownName(name), name);
});

test('a path is passed over for any of its names, and where it is the mark of a folder; a key with nothing between two slashes is not', (t) => {
  for (const path of ['', 'a/', '.a/b', 'a.tmp/b', 'a/.b', 'a/b.tmp']) t.false(isShownPath(path), path);
  for (const path of ['a', 'a/b.c', 'a//b', '/a']) t.true(isShownPath(path), path);
});
