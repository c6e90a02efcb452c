import type { FlagTable } from './flags.ts';

const PIXELS = 'Network on pixels (cnn):';

/** The flags of `bowerbird train --method cnn` that other methods do not have. */
export const CNN_FLAGS: FlagTable = {
  dataset: { group: PIXELS, type: 'string', describe: 'The folder that posts dataset has written' },
  convolutions: {
    group: PIXELS,
    type: 'list',
    describe: 'Channels and side of the kernel of each convolution, as 10x11; 10x11,5x5 where not given',
  },
  layers: {
    group: PIXELS,
    type: 'list',
    describe: 'Units of each dense layer before the last; 500,50 where not given',
  },
  patience: {
    group: PIXELS,
    type: 'integer',
    min: 1,
    describe:
      'End after so many epochs without a lower loss on the validation split; where not given, all epochs are trained',
  },
  device: {
    group: PIXELS,
    type: 'string',
    choices: ['cpu', 'cuda'],
    describe: 'Where steps run; cpu where not given',
  },
};
