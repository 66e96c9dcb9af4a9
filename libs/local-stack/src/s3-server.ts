import { rmSync } from 'node:fs';
import { loopbackRequest } from './loopback-request.js';
import type { ServerDefinition } from './server-definition.js';
import { signedS3Headers } from './signed-s3-request.js';
import { s3Ports } from './stack-ports.js';
import type { StackState } from './stack-state.js';

/** SeaweedFS takes any region; the SDKs need one. */
export const S3_REGION = 'us-east-1';

/** An object of the stack's own, beside those of the artifact store. */
const PROBE_KEY = 'local-stack/probe';

/** SeaweedFS in one process: master, volume, filer and S3 gateway, all on loopback. */
export const s3Server: ServerDefinition = {
  name: 's3',
  binary: 'weed',
  replacedBy: 'NACRE_WEED',
  versionArguments: ['version'],
  database: 'filerldb2',
  // The catalogue is closed within 2 s. The volume server then waits, for up to 5 minutes, for connections that
  // were opened and never used, as HTTP clients make them now and then; what it has answered for is in its files.
  graceMilliseconds: 4000,

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
    // A master that resumes is no leader for a moment, and a volume that asks it then waits 5 s to ask
    // again. It learns everything from the one volume server anyway.
    '-master.resumeState=false',
    `-bucket=${bucket}`,
    `-s3.port=${ports.s3}`,
    `-master.port=${ports.master}`,
    `-volume.port=${ports.volume}`,
    `-filer.port=${ports.filer}`,
    // Listened on even without the admin interface.
    `-admin.port=${ports.admin}`,
  ],

  environment: ({ credentials }) => ({
    AWS_ACCESS_KEY_ID: credentials.access_key_id,
    AWS_SECRET_ACCESS_KEY: credentials.secret_access_key,
  }),

  // The gateway answers before volumes are known, so only an object that was written and read proves it.
  becomesUsable: async (state) => (await probe(state, 'PUT')) && (await probe(state, 'GET')),
  answers: (state) => probe(state, 'GET'),

  // Names as SeaweedFS makes them, for whatever TMPDIR says; it forgets some of them when it ends.
  cleanUp: ({ ports }) => {
    const { http, grpc } = s3Ports(ports);
    for (const role of ['master', 'volume', 'filer', 's3', 'admin']) {
      for (const port of http) rmSync(`/tmp/seaweedfs-${role}-${port}.sock`, { force: true });
      for (const port of grpc) {
        rmSync(`/tmp/seaweedfs-${role}-grpc-${port}.sock`, { force: true });
      }
    }
  },
};

async function probe(state: StackState, method: 'GET' | 'PUT'): Promise<boolean> {
  const port = state.ports.s3;
  const path = `/${state.bucket}/${PROBE_KEY}`;
  const body = method === 'PUT' ? 'usable' : '';
  const headers = signedS3Headers({
    method,
    host: `127.0.0.1:${port}`,
    path,
    body,
    region: S3_REGION,
    accessKeyId: state.credentials.access_key_id,
    secretAccessKey: state.credentials.secret_access_key,
    date: new Date(),
  });
  return (await loopbackRequest({ port, method, path, headers, body })).status === 200;
}
