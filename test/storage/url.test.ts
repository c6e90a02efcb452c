import test from 'ava';
import { shownUrl } from '../../src/storage/url.ts';

test('of a URL user, password, query and fragment are not shown; in keys and paths of the hub their signs are names', (t) => {
  const shown = {
    'https://user:pass@host/a%20b.parquet?token=x#y': 'https://host/a%20b.parquet',
    'https://user:p@ss@host/a': 'https://host/a',
    's3://bucket/a#1/b?c@d.parquet': 's3://bucket/a#1/b?c@d.parquet',
    's3://ID:secret@bucket/a': 's3://bucket/a',
    'hf://datasets/o/n@main/data#1/x?y.parquet': 'hf://datasets/o/n@main/data#1/x?y.parquet',
    '/data/a?b#c': '/data/a?b#c',
  };
  for (const [url, expected] of Object.entries(shown)) t.is(shownUrl(url), expected);
});
