import { rmSync } from 'node:fs';
import { loopbackRequest } from './loopback-request.js';
import type { ServerDefinition } from './server-definition.js';
import { signedBucketRequest } from './signed-bucket-request.js';
import { s3Ports } from './stack-ports.js';

/** SeaweedFS takes any region; the SDKs need one. */
export const S3_REGION = 'us-east-1';

/** SeaweedFS in one process: master, volume, filer and S3 gateway, all on loopback. */
export const s3Server: ServerDefinition = {
  name: 's3',
  binary: 'weed',
  replacedBy: 'NACRE_WEED',
  versionArguments: ['version'],
  database: 'filerldb2',

  arguments: ({ ports, bucket }, dataFolder) => [
    // Its own log files would go to the shared temporary folder.
    '-logtostderr=true',
    'mini',
    `-dir=${dataFolder}`,
    // It reports statistics to its makers by default, and listens on every interface.
    '-master.telemetry=false',
    '-ip=127.0.0.1',
    '-ip.bind=127.0.0.1',
    ...['-webdav=false', '-admin.ui=false', '-s3.port.iceberg=0', '-s3.port.lance=0'],
    // Master and filer serve HTTP without any credentials; the S3 gateway reaches them by gRPC.
    '-disableHttp',
    // There is no second volume server that would need a second to take over.
    '-volume.preStopSeconds=0',
    `-bucket=${bucket}`,
    `-s3.port=${String(ports.s3)}`,
    `-master.port=${String(ports.master)}`,
    `-volume.port=${String(ports.volume)}`,
    `-filer.port=${String(ports.filer)}`,
    // Listened on even without the admin interface.
    `-admin.port=${String(ports.admin)}`,
  ],

  environment: ({ credentials }) => ({
    AWS_ACCESS_KEY_ID: credentials.access_key_id,
    AWS_SECRET_ACCESS_KEY: credentials.secret_access_key,
  }),

  answers: async ({ ports, bucket, credentials }) => {
    const answer = await loopbackRequest({
      port: ports.s3,
      method: 'HEAD',
      path: `/${bucket}`,
      headers: signedBucketRequest({
        host: `127.0.0.1:${String(ports.s3)}`,
        bucket,
        region: S3_REGION,
        accessKeyId: credentials.access_key_id,
        secretAccessKey: credentials.secret_access_key,
        date: new Date(),
      }),
    });
    return answer.status === 200;
  },

  // Names as SeaweedFS makes them, for whatever TMPDIR says; it forgets some of them when it ends.
  cleanUp: ({ ports }) => {
    const { http, grpc } = s3Ports(ports);
    for (const role of ['master', 'volume', 'filer', 's3', 'admin']) {
      for (const port of http) rmSync(`/tmp/seaweedfs-${role}-${String(port)}.sock`, { force: true });
      for (const port of grpc) {
        rmSync(`/tmp/seaweedfs-${role}-grpc-${String(port)}.sock`, { force: true });
      }
    }
  },
};
