import { CONTROL_QUEUE } from '@nacre/contracts/queues';
import type { Progress } from '@nacre/contracts/run';
import type { ConnectedClient } from '@nacre/temporal-connection';
import { defaultPayloadConverter } from '@temporalio/common';

// Numbers of Temporal's enums, whose package exports no values to ES modules.
const ANSWERED = 1;

const FAIL_WORKFLOW_EXECUTION = 5;
/** Temporal wants a deadline for a poll; no test lasts as long. */
const POLL_MILLISECONDS = 60_000;

/** What a run does at its next step. */
export interface Script {
  /** Its answer to the progress query. */
  readonly progress: Progress;
  /** It fails with this message instead of waiting. */
  readonly failure?: string;
}

/**
 * A worker of the control queue that plays a run by hand, straight on Temporal's gRPC service: no
 * workflow code is needed to see what a person is shown. Answers the function that ends it.
 */
export function scriptedWorker(
  { connection, namespace }: ConnectedClient,
  script: Script,
): () => Promise<void> {
  const ended = new AbortController();
  const service = connection.workflowService;
  const within = <Result>(poll: () => Promise<Result>): Promise<Result> =>
    connection.withDeadline(Date.now() + POLL_MILLISECONDS, () =>
      connection.withAbortSignal(ended.signal, poll),
    );
  const work = async (): Promise<void> => {
    // A call that begins after the abort would not notice it, and would answer for the next test's run.
    while (!ended.signal.aborted) {
      const { taskToken, query } = await within(() =>
        service.pollWorkflowTaskQueue({ namespace, taskQueue: { name: CONTROL_QUEUE }, identity: 'script' }),
      );
      if (taskToken.length === 0) continue;
      if (query != null) {
        const payloads = [defaultPayloadConverter.toPayload(script.progress)];
        await service.respondQueryTaskCompleted({
          namespace,
          taskToken,
          // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- see ANSWERED
          completedType: ANSWERED,
          queryResult: { payloads },
        });
        continue;
      }
      const failure = {
        message: script.failure ?? '',
        applicationFailureInfo: { type: 'InvalidData', nonRetryable: true },
      };
      await service.respondWorkflowTaskCompleted({
        namespace,
        taskToken,
        commands:
          script.failure === undefined
            ? []
            : // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- see ANSWERED
              [{ commandType: FAIL_WORKFLOW_EXECUTION, failWorkflowExecutionCommandAttributes: { failure } }],
      });
    }
  };
  const working = work().catch((error: unknown) => {
    if (!ended.signal.aborted) throw error;
  });
  return async () => {
    ended.abort();
    await working;
  };
}
