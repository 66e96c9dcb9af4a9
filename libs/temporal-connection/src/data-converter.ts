import { ContractViolation } from '@nacre/contracts/errors';
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';

/**
 * Most bytes that one message (arguments, result, heartbeat, update) may carry. The server refuses 2 MiB
 * and a workflow whose task it refuses loops, so Nacre stops at half of that.
 */
export const MAXIMUM_MESSAGE_BYTES = 1024 ** 2;

const sizeLimit: PayloadCodec = {
  encode: (payloads) => {
    const bytes = payloads.reduce((sum, { data }) => sum + (data?.byteLength ?? 0), 0);
    if (bytes > MAXIMUM_MESSAGE_BYTES) {
      return Promise.reject(
        new ContractViolation(
          `A message of ${bytes} bytes was about to enter the workflow's history, where at most ` +
            `${MAXIMUM_MESSAGE_BYTES} are allowed. Large data belongs in the artifact store; pass its digest.`,
          { bytes },
        ),
      );
    }
    return Promise.resolve(payloads);
  },
  decode: (payloads: Payload[]) => Promise.resolve(payloads),
};

/** JSON, readable in Temporal's web interface, refusing what is too large. For every client and worker. */
export const dataConverter: DataConverter = { payloadCodecs: [sizeLimit] };
