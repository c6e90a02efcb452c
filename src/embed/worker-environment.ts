/**
 * glibc asks the kernel for huge pages where it takes memory in large pieces (its manual, "Memory Allocation Tunables"). Weights
 * are such pieces, and a run of a model reads all of them: with pages of 4 KiB, finding them took 5 % of the CPU time of a ViT-B/32
 * (bench/README.md). Other C libraries, and kernels without huge pages, do not look at it.
 */
const HUGE_PAGES = 'glibc.malloc.hugetlb=1';

/** What is added to the environment of a process of a model. A choice that the user made for it stays. */
export function workerEnvironment(environment: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const own = environment['GLIBC_TUNABLES'] ?? '';
  if (own.includes('glibc.malloc.hugetlb')) return {};
  return { GLIBC_TUNABLES: own === '' ? HUGE_PAGES : `${own}:${HUGE_PAGES}` };
}
