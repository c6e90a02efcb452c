import type { Prices } from '../estimate/forecast.ts';
import type { FlagTable, FlagValues } from './flags.ts';
import { retryFlags } from './retry-flags.ts';
import { SCORE_FLAGS } from './score-flags.ts';
import { SLICE_FLAGS } from './slice-flags.ts';

const ESTIMATE = 'Estimate:';

/** Flags of `score` that say what becomes of a run that is there. */
const OF_RUNS = [...Object.keys(SLICE_FLAGS), ...Object.keys(retryFlags('')), 'incremental-mode'];

/** The flags that `estimate` has beside those of `score`. */
export const ESTIMATE_FLAGS: FlagTable = {
  'sample-rows': {
    group: ESTIMATE,
    type: 'integer',
    min: 40,
    default: 2000,
    describe: 'Rows to score, about, in 20 stretches spread over the input',
  },
  machines: {
    group: ESTIMATE,
    type: 'integer',
    min: 1,
    default: 1,
    describe: 'Machines like this one that share the run',
  },
  'price-machine-hour': {
    group: ESTIMATE,
    type: 'number',
    min: 0,
    describe: 'Dollars for an hour of one machine',
  },
  'price-gb-egress': {
    group: ESTIMATE,
    type: 'number',
    min: 0,
    describe:
      'Dollars for a GB (10^9 bytes) that leaves object storage: the inputs, and the output, fetched once',
  },
  'price-1000-puts': {
    group: ESTIMATE,
    type: 'number',
    min: 0,
    describe: 'Dollars for 1000 requests that write to object storage',
  },
};

/** All flags of `estimate`. */
export const ESTIMATE_ALL_FLAGS: FlagTable = {
  ...ESTIMATE_FLAGS,
  ...Object.fromEntries(Object.entries(SCORE_FLAGS).filter(([name]) => !OF_RUNS.includes(name))),
  'output-folder': {
    ...SCORE_FLAGS['output-folder']!,
    required: false,
    describe: 'Taken so that the command of `score` can be pasted; neither looked at nor written',
  },
};

/** The values of `score` for a run that is begun anew, and not into a folder of the user's. */
export function valuesOfScore(values: FlagValues): FlagValues {
  return { ...values, 'output-folder': '', 'incremental-mode': 'incremental' };
}

/** The prices that were given. */
export function pricesOf(values: FlagValues): Prices {
  const given = (name: string): number | undefined => values[name] as number | undefined;
  const [machineHour, egressGb, thousandPuts] = [
    given('price-machine-hour'),
    given('price-gb-egress'),
    given('price-1000-puts'),
  ];
  return {
    ...(machineHour !== undefined && { machineHour }),
    ...(egressGb !== undefined && { egressGb }),
    ...(thousandPuts !== undefined && { thousandPuts }),
  };
}
