import { TemporalUnreachable } from '@nacre/contracts/errors';

/** The one sentence for an address where no usable Temporal server answers. */
export function unreachable(address: string, problem: string, cause?: unknown): TemporalUnreachable {
  return new TemporalUnreachable(
    `No Temporal server can be used at ${address}: ${problem}. Start the embedded one with \`npx nacre dev\`, ` +
      'or set TEMPORAL_ADDRESS (or TEMPORAL_PROFILE) to yours.',
    { address },
    { cause },
  );
}
