import { weightsRefused } from '../../weights/errors.ts';
import type { ConfigFacts, ConfigKind } from './config-facts.ts';
import type { Known } from './family.ts';

/** Sizes that tensors show, and configs say as well. */
type ShownSizes = Required<Pick<ConfigFacts, 'layers' | 'width' | 'patchPx'>>;

const NAMES: Readonly<Record<keyof ShownSizes, string>> = {
  layers: 'layers',
  width: 'values in a token',
  patchPx: 'pixels in the side of a patch',
};

/**
 * Refuses a config of another model than the weights are: its activation, heads and transform would not be theirs.
 *
 * @throws WeightsError BB_WEIGHTS_REFUSED
 */
export function refuseConfigOfOthers(
  { tensors: { path }, config }: Known,
  kind: ConfigKind | undefined,
  shown: Partial<ShownSizes> = {},
): void {
  if (config.kind !== undefined && config.kind !== kind)
    throw weightsRefused(path, `a config beside them is of a ${config.kind} model, which they are not`);
  for (const size of Object.keys(shown) as (keyof ShownSizes)[])
    if (config[size] !== undefined && config[size] !== shown[size])
      throw weightsRefused(
        path,
        `a config beside them says ${config[size]} ${NAMES[size]}, where they have ${shown[size]}`,
      );
}
