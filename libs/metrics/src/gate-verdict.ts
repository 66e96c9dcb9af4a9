import type { Difference, GateVerdict } from '@nacre/contracts/measurement';

/** A gate of the recipe and what it is asked about. */
export interface GateQuestion {
  readonly gate: GateVerdict['gate'];
  readonly max_log_loss_rise: number;
  /** Paired difference on blind rows: above 0 the step costs something. */
  readonly difference: Difference;
}

/** What each gate compares, for people. */
const compared: Readonly<Record<GateVerdict['gate'], readonly [step: string, to: string]>> = {
  merge: ['the merged student', 'a single fold'],
  quantize: ['the 8-bit student', 'the merged student'],
};

/**
 * The verdict of a gate: pass where the whole interval of the difference is within the limit, fail where all of it is
 * beyond, and undetermined where the interval holds the limit: then the rows cannot tell, and a person must.
 */
export function gateVerdict({ gate, max_log_loss_rise, difference }: GateQuestion): GateVerdict {
  const [low, high] = difference.interval;
  const outcome = high <= max_log_loss_rise ? 'pass' : low > max_log_loss_rise ? 'fail' : 'undetermined';
  const [step, to] = compared[gate];
  const measured =
    `${step} is ${signed(difference.value)} log loss against ${to} on ${String(difference.rows)} blind rows ` +
    `(95 % interval ${signed(low)} to ${signed(high)}), the limit is ${signed(max_log_loss_rise)}`;
  const meaning = {
    pass: 'it passes',
    fail: 'it fails',
    undetermined: 'the interval is too wide to tell',
  }[outcome];
  return { gate, outcome, max_log_loss_rise, difference, sentence: `gates.${gate}: ${measured}: ${meaning}` };
}

function signed(value: number): string {
  const digits = Math.abs(value).toFixed(4);
  if (Number(digits) === 0) return digits;
  return `${value < 0 ? '-' : '+'}${digits}`;
}
