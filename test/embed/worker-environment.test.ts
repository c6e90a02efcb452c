import test from 'ava';
import { workerEnvironment } from '../../src/embed/worker-environment.ts';

test('the process of a model asks for huge pages, and what the user set for glibc stays', (t) => {
  t.deepEqual(workerEnvironment({}), { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' });
  t.deepEqual(workerEnvironment({ GLIBC_TUNABLES: 'glibc.malloc.check=3' }), {
    GLIBC_TUNABLES: 'glibc.malloc.check=3:glibc.malloc.hugetlb=1',
  });
  t.deepEqual(workerEnvironment({ GLIBC_TUNABLES: 'glibc.malloc.hugetlb=0' }), {});
});
