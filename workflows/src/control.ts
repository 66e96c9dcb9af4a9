import { nonRetryableErrorNames } from '@nacre/contracts/errors';
import { CONTROL_QUEUE } from '@nacre/contracts/queues';
import type { ControlActivities } from '@nacre/contracts/run';
import { proxyActivities } from '@temporalio/workflow';

/** Activities of the control queue: short, retried until they answer. */
export const control = proxyActivities<ControlActivities>({
  taskQueue: CONTROL_QUEUE,
  startToCloseTimeout: '2 minutes',
  retry: {
    initialInterval: '1s',
    maximumInterval: '30s',
    nonRetryableErrorTypes: [...nonRetryableErrorNames],
  },
});
