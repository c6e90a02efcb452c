/** The quantile .975 of the normal distribution. */
const Z = 1.959963984540054;

/**
 * Quantile .975 of Student's t: how many standard errors a 95 % interval of a mean reaches to either side. By the
 * expansion in 1/n of Abramowitz and Stegun 26.7.5; within 0.1 % from 4 degrees of freedom on, 1 % for 2.
 *
 * @param freedom degrees of freedom, 2 at least
 */
export function studentReach(freedom: number): number {
  const terms = [
    (Z ** 3 + Z) / 4,
    (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96,
    (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384,
    (79 * Z ** 9 + 776 * Z ** 7 + 1482 * Z ** 5 - 1920 * Z ** 3 - 945 * Z) / 92160,
  ];
  return terms.reduce((sum, term, i) => sum + term / freedom ** (i + 1), Z);
}
