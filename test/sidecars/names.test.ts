import test from 'ava';
import { sidecarPaths } from '../../src/sidecars/names.ts';
import { withoutSidecars } from '../../src/tables/inputs/sidecar-names.ts';

test('a sidecar has the name of its input without what says the format, and a folder keeps its whole name', (t) => {
  const inputs = ['/d/00000.tar', '/d/1.tar.gz', '/d/2.tgz', '/d/a.parquet', '/d/b.csv.zst', '/d/photos.v2'];
  t.deepEqual(sidecarPaths(inputs, { beside: true }), [
    '/d/00000.scores.parquet',
    '/d/1.scores.parquet',
    '/d/2.scores.parquet',
    '/d/a.scores.parquet',
    '/d/b.scores.parquet',
    '/d/photos.v2.scores.parquet',
  ]);
});

test('two inputs that would share a sidecar keep their whole names, the others do not', (t) => {
  t.deepEqual(sidecarPaths(['/d/a.tar', '/d/a.tar.gz', '/d/b.tar', '/e/a.tar'], { beside: true }), [
    '/d/a.tar.scores.parquet',
    '/d/a.tar.gz.scores.parquet',
    '/d/b.scores.parquet',
    '/e/a.scores.parquet',
  ]);
});

test('in a folder of their own sidecars lie to each other as the inputs do', (t) => {
  t.deepEqual(sidecarPaths(['/d/x/a.tar', '/d/y/a.tar', '/d/y/z/a.tar'], { folder: '/out' }), [
    '/out/x/a.scores.parquet',
    '/out/y/a.scores.parquet',
    '/out/y/z/a.scores.parquet',
  ]);
  t.deepEqual(sidecarPaths(['/d/x/a.tar'], { folder: '/out' }), ['/out/a.scores.parquet']);
  t.deepEqual(sidecarPaths(['/a/x.tar', '/b/x.tar'], { folder: '/out' }), [
    '/out/a/x.scores.parquet',
    '/out/b/x.scores.parquet',
  ]);
});

test('of files, those are sidecars whose input lies beside them', (t) => {
  const files = [
    '/d/a.parquet',
    '/d/a.scores.parquet',
    '/d/b.tar',
    '/d/b.tar.scores.parquet',
    '/e/a.scores.parquet',
  ];
  t.deepEqual(
    withoutSidecars(files.map((path) => ({ path }))).map(({ path }) => path),
    ['/d/a.parquet', '/d/b.tar', '/e/a.scores.parquet'],
  );
});
