import type { ReliabilityBin } from '@nacre/contracts/measurement';

import type { ScoredRow } from './rows.js';

const BINS = 15;

/** Confidence against accuracy, and how far apart they are. */
export interface CalibrationError {
  /** Mean over the rows of the gap between the confidence and the accuracy of their bin; 0 is perfect. */
  readonly error: number;
  /** Bins that hold rows, least confident first. */
  readonly bins: ReliabilityBin[];
}

/**
 * The expected calibration error of the most probable class, over 15 bins of equal width (Guo et al. 2017). A bin holds
 * its upper end, not its lower one. It is a summary for people: it depends on the bins and is no proper score, so
 * nothing is ever chosen by it.
 */
export function calibrationError(rows: readonly ScoredRow[]): CalibrationError {
  const sums = Array.from({ length: BINS }, () => ({ rows: 0, confidence: 0, right: 0 }));
  for (const { probabilities, label } of rows) {
    const confidence = Math.max(...probabilities);
    const bin = sums[binOf(confidence)];
    if (bin === undefined) continue;
    bin.rows += 1;
    bin.confidence += confidence;
    bin.right += probabilities.indexOf(confidence) === label ? 1 : 0;
  }
  const held = sums.filter((bin) => bin.rows > 0);
  const gaps = held.reduce((sum, { confidence, right }) => sum + Math.abs(confidence - right), 0);
  return {
    error: gaps / rows.length,
    bins: held.map(({ rows: count, confidence, right }) => ({
      rows: count,
      confidence: confidence / count,
      accuracy: right / count,
    })),
  };
}

function binOf(confidence: number): number {
  let bin = 0;
  while (bin < BINS - 1 && (bin + 1) / BINS < confidence) bin += 1;
  return bin;
}
