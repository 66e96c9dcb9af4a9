import type { ArtifactStore } from './artifact-store.js';

/** Where each kind of object stands in the bucket; the layout of docs/architecture.md. */
export const objectKeys = {
  /** Bytes of one whole file, immutable. */
  blob: (store: ArtifactStore, sha256: string) => within(store, `cas/sha256/${sha256.slice(0, 2)}/${sha256}`),
  /** Canonical JSON named by its own sha256. */
  manifest: (store: ArtifactStore, manifestId: string) =>
    within(store, `manifests/sha256/${manifestId}.json`),
  register: (store: ArtifactStore, kind: string, stageKey: string) =>
    within(store, `stages/${kind}/${stageKey}.json`),
  /** The folder of one checkpoint, with its slash; whoever uploads has a term, so no two write the same one. */
  checkpoint: (store: ArtifactStore, stageKey: string, step: number, term: number) =>
    within(store, `checkpoints/${stageKey}/${step}-${term}/`),
  /** The folder of all checkpoints of a stage, with its slash. */
  checkpoints: (store: ArtifactStore, stageKey: string) => within(store, `checkpoints/${stageKey}/`),
  /** The folder of what is known of a model's logits, with its slash: an entry per stage that exports them. */
  logits: (store: ArtifactStore, model: string) => within(store, `logits/${model}/`),
  ref: (store: ArtifactStore, kind: string, name: string) => within(store, `refs/${kind}/${name}.json`),
  /** An empty path gives the folder, with its slash. */
  runFile: (store: ArtifactStore, run: string, path: string) => within(store, `runs/${run}/${path}`),
  /** A folder at the top of the layout, with its slash; the whole store without a name. */
  folder: (store: ArtifactStore, name: string) => within(store, name === '' ? '' : `${name}/`),
  doctor: (store: ArtifactStore, name: string) => within(store, `doctor/${name}`),
} as const;

function within(store: ArtifactStore, path: string): string {
  return store.prefix === '' ? path : `${store.prefix}/${path}`;
}
