import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { fetchArtifact, openStore, publishArtifact, type ArtifactStore } from '@nacre/artifact-store';
import { startLocalStack, stopLocalStack } from '@nacre/local-stack';

const PART = 64 * 1024 * 1024;
const LANES = 4;

/** Seconds of each way to move the same bytes, one entry a round; the ways of a round follow one another. */
export interface StoreTimes {
  readonly rawUpload: number[];
  readonly libStorage: number[];
  readonly publish: number[];
  readonly rawGet: number[];
  readonly fetch: number[];
}

/** Moves `mebibytes` of random bytes to and from a store of its own so many times in each way. */
export async function measureStore(mebibytes: number, rounds: number): Promise<StoreTimes> {
  const folder = await mkdtemp(join(tmpdir(), 'nacre-measure-store-'));
  const times: StoreTimes = { rawUpload: [], libStorage: [], publish: [], rawGet: [], fetch: [] };
  try {
    const { s3 } = await startLocalStack({ stateFolder: join(folder, 'stack') });
    const { endpoint, region, bucket, accessKeyId, secretAccessKey } = s3;
    const credentials = { accessKeyId, secretAccessKey };
    for (let round = 0; round < rounds; round += 1) {
      // A prefix and bytes of its own each round: nothing is found there already.
      const store = openStore({ endpoint, region, bucket, credentials, prefix: `round-${round}` });
      const file = join(folder, `job-${round}`, 'weights');
      await writeRandom(file, mebibytes);
      times.rawUpload.push(await seconds(() => rawUpload(store, file, mebibytes)));
      times.libStorage.push(await seconds(() => libStorage(store, file)));
      let manifestId = '';
      times.publish.push(
        await seconds(async () => {
          manifestId = await publish(store, join(folder, `job-${round}`));
        }),
      );
      times.rawGet.push(await seconds(() => rawGet(store, join(folder, 'raw'), mebibytes)));
      const cacheFolder = join(folder, `cache-${round}`);
      const fetched = join(folder, `fetched-${round}`);
      times.fetch.push(
        await seconds(async () => {
          await fetchArtifact(store, manifestId, { cacheFolder, folder: fetched });
        }),
      );
      for (const used of [`job-${round}`, 'raw', `cache-${round}`, `fetched-${round}`]) {
        await rm(join(folder, used), { recursive: true, force: true });
      }
    }
    return times;
  } finally {
    await stopLocalStack(join(folder, 'stack'));
    await rm(folder, { recursive: true, force: true });
  }
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

async function writeRandom(file: string, mebibytes: number): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, 'w');
  try {
    for (let done = 0; done < mebibytes; done += 1) await handle.write(randomBytes(1024 * 1024));
  } finally {
    await handle.close();
  }
}

/** The bare requests: parts of a leaf each, as many at a time as the store sends, no digest but the signature's. */
async function rawUpload(
  { client, bucket, prefix }: ArtifactStore,
  file: string,
  mebibytes: number,
): Promise<void> {
  const target = { Bucket: bucket, Key: `${prefix}/raw` };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
  const parts = await inLanes(mebibytes * 1024 * 1024, async (first, length) => {
    const PartNumber = first / PART + 1;
    const Body = createReadStream(file, {
      start: first,
      end: first + length - 1,
      highWaterMark: 1024 * 1024,
    });
    const sent = await client.send(
      new UploadPartCommand({ ...target, UploadId, PartNumber, Body, ContentLength: length }),
    );
    return { PartNumber, ETag: sent.ETag };
  });
  const Parts = parts.sort((left, right) => left.PartNumber - right.PartNumber);
  await client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }));
}

async function libStorage({ client, bucket, prefix }: ArtifactStore, file: string): Promise<void> {
  const params = { Bucket: bucket, Key: `${prefix}/lib-storage`, Body: createReadStream(file) };
  await new Upload({ client, params, partSize: PART, queueSize: LANES }).done();
}

async function publish(store: ArtifactStore, folder: string): Promise<string> {
  const { manifest_id } = await publishArtifact(store, {
    kind: 'merge',
    folder,
    created_by: {
      workflow_id: 'measure-store',
      run_id: 'measure-store',
      term: 1,
      git_commit: 'unknown',
      stage: 'merge',
      stage_key: 'ab'.repeat(32),
      stage_version: 1,
    },
    environment: {},
    parameters: {},
    inputs: {},
    metrics: {},
  });
  return manifest_id;
}

/** Ranges of a leaf each into a file, nothing checked. */
async function rawGet(
  { client, bucket, prefix }: ArtifactStore,
  file: string,
  mebibytes: number,
): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await inLanes(mebibytes * 1024 * 1024, async (first, length) => {
      const Range = `bytes=${first}-${first + length - 1}`;
      const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: `${prefix}/raw`, Range }));
      let position = first;
      for await (const piece of answer.Body as AsyncIterable<Buffer>) {
        await handle.write(piece, 0, piece.length, position);
        position += piece.length;
      }
    });
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function inLanes<Result>(
  size: number,
  work: (first: number, length: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < size) {
      const first = next;
      next += PART;
      results.push(await work(first, Math.min(PART, size - first)));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return results;
}
