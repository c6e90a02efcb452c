import test from 'ava';
import { CATALOGUE } from '../../src/demo/catalogue.ts';
import { FAULTS } from '../../src/demo/faults.ts';

test('each picture and each fault has a path of its own', (t) => {
  const paths = [...CATALOGUE, ...FAULTS].map(({ path }) => path);
  t.is(new Set(paths).size, paths.length);
  t.true(CATALOGUE.length >= 280);
});

test('every flaw has a sound twin: the same scene and seed without it', (t) => {
  const sound = new Set(CATALOGUE.filter(({ flaw }) => !flaw).map(({ scene, seed }) => `${scene} ${seed}`));
  const flawed = CATALOGUE.filter(({ flaw }) => flaw);
  t.true(flawed.length > 50);
  for (const { scene, seed, path, expected } of flawed) {
    t.true(sound.has(`${scene} ${seed}`), path);
    t.is(expected, 'poor', path);
  }
});
