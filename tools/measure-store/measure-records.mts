import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  claimStage,
  openStore,
  publishCheckpoint,
  putRunFile,
  renewStage,
  type ArtifactStore,
} from '@nacre/artifact-store';
import { CHECKPOINT_FILE, type Checkpoint } from '@nacre/contracts/artifact';
import { startLocalStack, stopLocalStack } from '@nacre/local-stack';

const stageKey = 'ab'.repeat(32);
const kind = 'train_teacher';

/** Seconds of each write of an attempt, one entry a time. */
export interface RecordTimes {
  readonly smallCheckpoint: number[];
  readonly largeCheckpoint: number[];
  readonly renewal: number[];
  readonly books: number[];
}

/** Does so many times what an attempt does beside its work, on a store of its own. */
export async function measureRecords(times: number): Promise<RecordTimes> {
  const folder = await mkdtemp(join(tmpdir(), 'nacre-measure-records-'));
  const taken: RecordTimes = { smallCheckpoint: [], largeCheckpoint: [], renewal: [], books: [] };
  try {
    const { s3 } = await startLocalStack({ stateFolder: join(folder, 'stack') });
    const { endpoint, region, bucket, accessKeyId, secretAccessKey } = s3;
    const credentials = { accessKeyId, secretAccessKey };
    const store = openStore({ endpoint, region, bucket, credentials, prefix: 'records' });
    const holder = {
      address: 'measure',
      namespace: 'measure',
      workflow_id: 'measure',
      run_id: 'measure',
      activity_id: '1',
      attempt: 1,
      worker: 'measure',
      nonce: randomUUID(),
    };
    let claim = await claimStage(store, kind, stageKey, holder, () => Promise.resolve(true));
    if (claim.state !== 'claimed') throw new Error(`a new stage is ${claim.state}`);
    for (let step = 1; step <= times; step += 1) {
      taken.smallCheckpoint.push(await checkpointed(store, join(folder, `small-${step}`), step, 100_000));
      taken.largeCheckpoint.push(
        await checkpointed(store, join(folder, `large-${step}`), times + step, 100_000_000),
      );
      const renewed = claim;
      taken.renewal.push(
        await seconds(async () => {
          claim = await renewStage(store, kind, stageKey, renewed, { durableStep: step });
        }),
      );
      const books = JSON.stringify({ steps: Array.from({ length: 60 }, () => randomUUID()) });
      taken.books.push(
        await seconds(() => putRunFile(store, 'measure', `books/${step}.json`, books, 'application/json')),
      );
    }
    return taken;
  } finally {
    await stopLocalStack(join(folder, 'stack'));
    await rm(folder, { recursive: true, force: true });
  }
}

/** Seconds of publishing a checkpoint of two files of so many bytes in all; writing it is not counted. */
async function checkpointed(
  store: ArtifactStore,
  folder: string,
  step: number,
  bytes: number,
): Promise<number> {
  await mkdir(folder);
  const files = [];
  for (const path of ['adapter.safetensors', 'optimizer.safetensors']) {
    const content = randomBytes(bytes / 2);
    await writeFile(join(folder, path), content);
    files.push({ path, sha256: createHash('sha256').update(content).digest('hex'), size: content.length });
  }
  const checkpoint: Checkpoint = {
    nacre_checkpoint: 1,
    stage: { kind, version: 1, key: stageKey },
    parameters: {},
    input_contents: {},
    step,
    steps: 1_000_000,
    environment: {},
    files,
  };
  await writeFile(join(folder, CHECKPOINT_FILE), JSON.stringify(checkpoint));
  const taken = await seconds(() => publishCheckpoint(store, stageKey, { folder, step, term: 1 }));
  await rm(folder, { recursive: true });
  return taken;
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
