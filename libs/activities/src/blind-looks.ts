import { listStageKeys, readManifest, readRegister, type ArtifactStore } from '@nacre/artifact-store';
import type { Manifest } from '@nacre/contracts/artifact';
import { ContractViolation, CorruptArtifact } from '@nacre/contracts/errors';

/** Stage kinds whose output tells of the blind rows. */
const lookers = ['measure', 'cost_gate'] as const;

/**
 * How often the blind rows of a measurement have been looked at: measurements and passed gates in the store, of this run
 * and of any other, over folds of the same bytes. Each look that decides what is tried next makes the blind rows a
 * little less blind. What was measured and never published, such as a gate that holds, is not known here.
 *
 * @throws StoreUnavailable
 */
export async function blindLooks(store: ArtifactStore, measured: Manifest): Promise<number> {
  const foldsOf = contentOfFolds(store);
  const own = await foldsOf(measured);
  const looks = await Promise.all(lookers.map((kind) => publishedOf(store, kind)));
  const folds = await Promise.all(looks.flat().map(foldsOf));
  return folds.filter((content) => content !== undefined && content === own).length;
}

/** Manifests of every published stage of a kind that this version can read. */
async function publishedOf(store: ArtifactStore, kind: string): Promise<Manifest[]> {
  const keys = await listStageKeys(store, kind);
  const found = await Promise.all(
    keys.map(async (key) => {
      const id = (await readRegister(store, kind, key).catch(unreadable))?.register.manifest_id;
      return id === undefined ? undefined : readManifest(store, id).catch(unreadable);
    }),
  );
  return found.filter((manifest) => manifest !== undefined);
}

/** Content id of the folds that a stage read; each manifest is asked for once. */
function contentOfFolds(store: ArtifactStore): (manifest: Manifest) => Promise<string | undefined> {
  const asked = new Map<string, Promise<string | undefined>>();
  return async ({ inputs }) => {
    const id = inputs['folds'];
    if (id === undefined) return undefined;
    const earlier = asked.get(id);
    if (earlier !== undefined) return earlier;
    const content = readManifest(store, id).then(({ content_id }) => content_id, unreadable);
    asked.set(id, content);
    return content;
  };
}

/** Another run's damaged or foreign artifact is no reason that this one has no report. */
function unreadable(error: unknown): undefined {
  if (error instanceof ContractViolation || error instanceof CorruptArtifact) return undefined;
  throw error;
}
