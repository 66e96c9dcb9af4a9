import { randomUUID } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

import type { ArtifactStore } from './artifact-store.js';
import { askStore, callStore } from './call-store.js';
import { objectKeys } from './object-keys.js';
import { readDocument, writeDocument, type WriteCondition } from './stored-document.js';

/** One promise that the register needs of the store, and whether it held. */
export interface StoreCheck {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Writers in each race. */
const WRITERS = 16;

/**
 * Tries the conditional writes that fencing rests on, races included, under a folder of its own that it removes.
 *
 * @throws StoreUnavailable when the store cannot be reached at all
 */
export async function checkConditionalWrites(
  store: ArtifactStore,
  signal?: AbortSignal,
): Promise<StoreCheck[]> {
  const folder = randomUUID();
  const key = objectKeys.doctor(store, `${folder}/register`);
  const partsKey = objectKeys.doctor(store, `${folder}/parts`);
  const write = (body: string, when: WriteCondition): Promise<string | undefined> =>
    writeDocument(store, key, { body, mediaType: 'text/plain', when }, signal);
  try {
    const creation = await race(store, key, 'create', 'absent', write, signal);
    const first = (await readDocument(store, key, signal))?.etag ?? '';
    const replacement = await race(store, key, 'replace', { etag: first }, write, signal);
    const stale = await write('stale', { etag: first });
    const parts = await completeOver(store, partsKey, signal);
    return [
      { check: `${WRITERS} creations at once have one winner (If-None-Match)`, ...creation },
      { check: `${WRITERS} replacements at once have one winner (If-Match)`, ...replacement },
      {
        check: 'a stale ETag is refused',
        ok: stale === undefined,
        detail:
          stale === undefined ? 'refused' : 'accepted: a stopped worker could publish over its successor',
      },
      { check: 'a multipart upload does not replace an object (If-None-Match)', ...parts },
    ];
  } finally {
    for (const used of [key, partsKey]) {
      await store.client
        .send(new DeleteObjectCommand({ Bucket: store.bucket, Key: used }))
        .catch(() => undefined);
    }
  }
}

type Outcome = Omit<StoreCheck, 'check'>;

/** Lets all writers go at once: exactly one may be told that it won, and its bytes must be the ones there. */
async function race(
  store: ArtifactStore,
  key: string,
  name: string,
  when: WriteCondition,
  write: (body: string, when: WriteCondition) => Promise<string | undefined>,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const bodies = Array.from({ length: WRITERS }, (_, writer) => `${name} ${writer}`);
  const etags = await Promise.all(bodies.map((body) => write(body, when)));
  const winners = bodies.filter((_, writer) => etags[writer] !== undefined);
  const there = (await readDocument(store, key, signal))?.body.toString('utf8');
  return {
    ok: winners.length === 1 && winners[0] === there,
    detail: `${winners.length} of ${WRITERS} writers were told that they won; ${there ?? 'nothing'} is there`,
  };
}

/** Completes a multipart upload where an object is already. */
async function completeOver(
  store: ArtifactStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  await writeDocument(store, key, { body: 'first', mediaType: 'text/plain', when: 'always' }, signal);
  const call = { operation: 'CompleteMultipartUpload', key, signal };
  const object = { Bucket: store.bucket, Key: key };
  const { UploadId } = await callStore(store, call, (options) =>
    store.client.send(new CreateMultipartUploadCommand(object), options),
  );
  const upload = { ...object, UploadId };
  const { ETag } = await callStore(store, call, (options) =>
    store.client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'second' }), options),
  );
  const complete = { ...upload, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] }, IfNoneMatch: '*' };
  const completed = await askStore(store, call, [409, 412], (options) =>
    store.client.send(new CompleteMultipartUploadCommand(complete), options),
  );
  if (completed === undefined)
    await store.client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
  return completed === undefined
    ? { ok: true, detail: 'refused' }
    : { ok: false, detail: 'replaced: two uploads of one blob would write twice, with the same bytes' };
}
