import { lessons } from './lessons.ts';
import { MEASURES } from './measures.ts';
import { referenceFeatures } from './reference.ts';
import { fitRidge, type Linear } from './ridge.ts';

const SEED = 20260101;

/** Keeps weights of features that always move together small and alike. */
const PENALTY = 0.15;

/** Weights are rounded, so that the last bits of a logarithm on another machine do not show in the file. */
const DECIMALS = 3;

/** sin^2 + cos^2 is 1 for each measure, so every embedding has the same norm before it is divided by it. */
const NORM: number = Math.sqrt(MEASURES.length);

/** The aesthetic head over unit embeddings, fitted to the lessons' targets. */
export function fitHead(): Linear {
  const rows: number[][] = [];
  const targets: number[] = [];
  for (const { pixels, target } of lessons(SEED)) {
    rows.push(referenceFeatures(pixels).map((feature) => feature / NORM));
    targets.push(target);
  }
  const { weights, bias } = fitRidge(rows, targets, PENALTY);
  const round = (value: number): number => Number(value.toFixed(DECIMALS)) + 0;
  return { weights: weights.map(round), bias: round(bias) };
}
