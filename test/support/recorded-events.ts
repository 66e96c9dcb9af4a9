import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';

/** One activity that a run scheduled. */
export interface ScheduledActivity {
  readonly type: string;
  readonly queue: string;
  /** What the Temporal UI shows beside it. */
  readonly summary: string;
}

/** The activities in the history of a run, in the order in which they were scheduled. */
export async function scheduledActivities(handle: WorkflowHandle): Promise<ScheduledActivity[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled, userMetadata }) =>
    scheduled == null
      ? []
      : [
          {
            type: scheduled.activityType?.name ?? '',
            queue: scheduled.taskQueue?.name ?? '',
            summary:
              userMetadata?.summary == null
                ? ''
                : defaultPayloadConverter.fromPayload<string>(userMetadata.summary),
          },
        ],
  );
}

/** Number of events in the history of a run. */
export async function eventCount(handle: WorkflowHandle): Promise<number> {
  return (await handle.fetchHistory()).events?.length ?? 0;
}
