import { basename } from 'node:path';
import { BowerbirdError, messageOf } from '../base/errors.ts';
import type { Tag } from '../samples/tags.ts';
import { digestOfFacts } from './computes.ts';
import { checkEnsemble, type Ensemble, ensembleScorer } from './ensemble.ts';
import { HeadError, refused } from './errors.ts';
import type { Head } from './head.ts';
import { HeadFiles } from './head-file.ts';
import { checkLayers, collapseLayers, type OutputActivation } from './layers.ts';
import { type HeadContent, readHeadContent } from './readers.ts';
import { linearScorer, networkScorer } from './scoring.ts';

/** What a head is wanted for. */
export interface LoadOptions {
  /** The published column that it is to fill; without one, its output is taken as it is. */
  readonly tag?: Tag;
}

/**
 * Loads a head from a .pth, .pt, .safetensors, .npy, .zip or .json file. No code in it is executed.
 * Without a statement to the contrary a head is taken to be trained on unit embeddings, as LAION's are.
 *
 * @throws HeadError BB_HEAD_UNREADABLE where there is no such file
 * @throws HeadError BB_HEAD_REFUSED where the file is malformed, or asks for anything but dense layers and vocabularies
 * @throws HeadError BB_HEAD_MISMATCH where the file says that it gives another tag
 */
export async function loadHead(path: string, { tag }: LoadOptions): Promise<Head> {
  const files = new HeadFiles();
  const content = await readChecked(path, files);
  const { layers, claims, layout, columns } = content;
  refuseOtherTag(path, tag, content);
  const output = outputActivation(path, tag, content);
  refuseUnfitLabel(path, tag, { claims, output });
  const ensemble = ensembleOf(path, content, output);
  const isPlain = output === 'none' && !columns && ensemble?.combine !== 'lower-median';
  const linear = isPlain ? collapseLayers(layers) : undefined;
  if (linear && ![linear.bias, ...linear.weights].every(Number.isFinite)) {
    throw refused(path, 'its layers multiply out to weights that are infinite');
  }
  const requiresUnitNorm = claims.unitNorm ?? true;
  const linearScore = linear && linearScorer(linear);
  const spread = ensemble && ensembleScorer(layers, ensemble, linearScore);
  const scorer = spread ?? linearScore ?? networkScorer({ layers, output, columns });
  return {
    name: basename(path),
    ...(tag && { tag }),
    ...(claims.label && { label: claims.label }),
    digest: files.digest(),
    computes: digestOfFacts({
      ...{ layers, output, columns, requiresUnitNorm, label: claims.label, ensemble },
      isLinear: linear !== undefined && !ensemble,
    }),
    dimension: layers[0]!.inputs,
    ...(claims.encoder && { encoder: claims.encoder }),
    ...(layout && claims.hiddenActivation === undefined && { layout: layout.name }),
    requiresUnitNorm,
    isProbability: output === 'sigmoid',
    ...(linear && { linear }),
    // The plain score of a mean needs no members.
    score: (embeddings, count) => (linearScore ?? scorer).score(embeddings, count).scores,
    scoreMany: (embeddings, count) => scorer.scoreMany(embeddings, count),
    ...(spread && { scoreWithSpread: spread.score }),
    ...(ensemble && { ensemble: { ...ensemble, layers } }),
    ...(claims.logitsPerPoint !== undefined && { logitsPerPoint: claims.logitsPerPoint }),
    ...(claims.training && { training: claims.training }),
  };
}

async function readChecked(path: string, files: HeadFiles): Promise<HeadContent> {
  try {
    const content = await readHeadContent(path, files);
    checkLayers(content.layers);
    return content;
  } catch (thrown) {
    if (thrown instanceof BowerbirdError) throw thrown;
    if (thrown instanceof RangeError || thrown instanceof SyntaxError)
      throw refused(path, messageOf(thrown), thrown);
    throw thrown;
  }
}

function refuseOtherTag(path: string, wanted: Tag | undefined, { claims, layout }: HeadContent): void {
  if (wanted === undefined) return;
  const fields = { path, wanted };
  if (claims.tag !== undefined) {
    if (claims.tag === wanted) return;
    throw new HeadError(
      'BB_HEAD_MISMATCH',
      `The head ${path} gives ${claims.tag}, but is asked for ${wanted}. Give it with the flag for ${claims.tag}, or another head.`,
      { fields: { ...fields, stated: claims.tag } },
    );
  }
  if (layout === undefined || layout.tag === wanted || claims.outputActivation !== undefined) return;
  throw new HeadError(
    'BB_HEAD_MISMATCH',
    `The head ${path} has the layers of ${layout.name}, which gives ${layout.tag}, but is asked for ${wanted}. ` +
      `If it is another head, state "tag": "${wanted}" in a manifest beside it, <head file>.json (docs/heads.md).`,
    { fields: { ...fields, stated: layout.tag } },
  );
}

/** @throws HeadError BB_HEAD_REFUSED where the layers are no such ensemble */
function ensembleOf(
  path: string,
  { claims: { ensemble }, layers, columns }: HeadContent,
  output: OutputActivation,
): Ensemble | undefined {
  if (ensemble === undefined) return undefined;
  if (output !== 'none' || columns)
    throw refused(
      path,
      'it states an ensemble, whose scores have nothing behind them and no vocabularies before',
    );
  try {
    checkEnsemble(ensemble, layers);
  } catch (thrown) {
    throw refused(path, messageOf(thrown), thrown);
  }
  return ensemble;
}

/** A label is of numbers without an upper end. */
function refuseUnfitLabel(
  path: string,
  tag: Tag | undefined,
  { claims, output }: Pick<HeadContent, 'claims' | 'output'>,
): void {
  if (claims.label === undefined || (output === 'none' && (tag ?? 'aesthetic') === 'aesthetic')) return;
  throw refused(path, 'it states a label, which scores that are probabilities do not have');
}

/** A logit taken for a probability would keep or drop nearly everything, so probabilities must be stated or known. */
function outputActivation(
  path: string,
  tag: Tag | undefined,
  { claims, layout, output }: HeadContent,
): OutputActivation {
  if (output !== undefined) return output;
  if (claims.outputActivation !== undefined) return claims.outputActivation;
  if (tag === undefined || tag === 'aesthetic') return 'none';
  if (layout?.tag === tag) return layout.output;
  throw refused(
    path,
    `${tag} is a probability, and the file does not say whether its output is one; state "activation": "sigmoid" ` +
      'or "none" in a manifest beside it, <head file>.json (docs/heads.md)',
  );
}
