import { CopyObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { ArtifactStore } from '@nacre/artifact-store';

/** The kinds of stages that come before any teacher. */
export const kindsBeforeTeachers = [
  'synthesize_source',
  'prepare_source',
  'assign_folds',
  'leak_gate',
  'synthesize_latents',
  'make_base',
  'tokenize',
  'post_pretrain',
];

/** Brings the published stages of some kinds, with their artifacts, from one prefix of a bucket to another. */
export async function copyStages(
  from: ArtifactStore,
  to: ArtifactStore,
  kinds: readonly string[],
): Promise<void> {
  const wanted = ['cas/', 'manifests/', ...kinds.map((kind) => `stages/${kind}/`)];
  for (const start of wanted) {
    let token: string | undefined;
    do {
      const page = await from.client.send(
        new ListObjectsV2Command({
          Bucket: from.bucket,
          Prefix: `${from.prefix}/${start}`,
          ...(token !== undefined && { ContinuationToken: token }),
        }),
      );
      const keys = (page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
      await Promise.all(
        keys.map((key) =>
          to.client.send(
            new CopyObjectCommand({
              Bucket: to.bucket,
              Key: `${to.prefix}${key.slice(from.prefix.length)}`,
              CopySource: `${from.bucket}/${key}`,
            }),
          ),
        ),
      );
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }
}
