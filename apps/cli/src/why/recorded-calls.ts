import { artifactReferenceSchema, type ArtifactReference } from '@nacre/contracts/artifact';
import { stageCallSchema } from '@nacre/contracts/run';
import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import { z } from 'zod';

type Events = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;
type Payloads = {
  readonly payloads?: Parameters<typeof defaultPayloadConverter.fromPayload>[0][] | null;
} | null;

// Only what a key is made of, whatever else the calls of other builds have or lack.
const callSchema = z.object({
  ...stageCallSchema.pick({
    key: true,
    kind: true,
    version: true,
    name: true,
    parameters: true,
    inputs: true,
  }).shape,
  fresh: z.boolean().default(false),
});

/** A stage as a run asked for it, and what became of that, as far as the run's history says. */
export interface RecordedCall {
  readonly call: z.infer<typeof callSchema>;
  /** When it was asked for first, milliseconds since the epoch. */
  readonly askedAt: number;
  /** What the look-up found; null: nothing, or it has not answered, or there was none. */
  readonly found: ArtifactReference | null;
  /** What its activity in this run has made or adopted; null: it has not ended, or never began. */
  readonly made: ArtifactReference | null;
}

const answerSchema = artifactReferenceSchema.nullable();

/** Every stage that a run has asked for, by its name. */
export async function recordedCalls(handle: WorkflowHandle): Promise<ReadonlyMap<string, RecordedCall>> {
  const { events } = await handle.fetchHistory();
  const answers = answersOf(events ?? []);
  const calls = new Map<string, RecordedCall>();
  for (const { eventId, eventTime, activityTaskScheduledEventAttributes: scheduled } of events ?? []) {
    if (scheduled == null) continue;
    const { success, data: call } = callSchema.safeParse(valueOf(scheduled.input ?? null));
    if (!success) continue;
    const before = calls.get(call.name);
    const answer = answers.get(String(eventId)) ?? null;
    const lookUp = scheduled.activityType?.name === 'lookUpStage';
    calls.set(call.name, {
      call,
      askedAt: before?.askedAt ?? Number(eventTime?.seconds ?? 0) * 1000,
      found: lookUp ? answer : (before?.found ?? null),
      made: lookUp ? (before?.made ?? null) : answer,
    });
  }
  return calls;
}

/** Artifacts that activities answered, by the event that scheduled them. */
function answersOf(events: Events): ReadonlyMap<string, ArtifactReference | null> {
  const answers = new Map<string, ArtifactReference | null>();
  for (const { activityTaskCompletedEventAttributes: completed } of events) {
    if (completed == null) continue;
    const answer = answerSchema.safeParse(valueOf(completed.result ?? null));
    if (answer.success) answers.set(String(completed.scheduledEventId), answer.data);
  }
  return answers;
}

function valueOf(message: Payloads): unknown {
  const payload = message?.payloads?.[0];
  return payload === undefined ? undefined : defaultPayloadConverter.fromPayload(payload);
}
