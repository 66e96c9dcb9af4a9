import { expect, it } from 'vitest';
import { resolveEndpoints } from './endpoints.js';
import { environmentFor } from './environment-for.js';
import type { LocalStack } from './local-stack.js';

const stack: LocalStack = {
  stateFolder: '/project/.nacre',
  temporal: {
    address: '127.0.0.1:11008',
    namespace: 'default',
    uiUrl: 'http://127.0.0.1:11009',
    httpUrl: 'http://127.0.0.1:11010',
  },
  s3: {
    endpoint: 'http://127.0.0.1:11012',
    region: 'us-east-1',
    bucket: 'nacre',
    accessKeyId: 'id',
    secretAccessKey: 'the-secret',
  },
  pids: { temporal: 1, s3: 2 },
};

it('uses the embedded servers where the user names none', () => {
  const { temporal, s3, environment } = resolveEndpoints({ PATH: '/bin' }, stack);
  expect([temporal.source, s3.source]).toEqual(['embedded', 'embedded']);
  expect(environment).toEqual(environmentFor(stack));
  expect(temporal.sentence).toBe('Temporal: 127.0.0.1:11008 (embedded, in /project/.nacre)');
});

it('names no server where there is none', () => {
  const { temporal, s3, environment } = resolveEndpoints({});
  expect([temporal.source, s3.source]).toEqual(['none', 'none']);
  expect(environment).toEqual({});
});

it.each(['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_API_KEY', 'TEMPORAL_TLS_CLIENT_CERT_PATH'])(
  "lets the user's %s win over the embedded Temporal, and leaves S3 alone",
  (variable) => {
    const { temporal, s3, environment } = resolveEndpoints({ [variable]: 'mine' }, stack);
    expect(temporal).toMatchObject({ source: 'environment', variables: [variable] });
    expect(s3.source).toBe('embedded');
    expect(Object.keys(environment).filter((name) => name.startsWith('TEMPORAL_'))).toEqual([]);
  },
);

it.each(['NACRE_S3_ENDPOINT', 'NACRE_S3_BUCKET', 'AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3'])(
  "lets the user's %s win over the embedded store, keys included",
  (variable) => {
    const { temporal, s3, environment } = resolveEndpoints({ [variable]: 'mine' }, stack);
    expect(s3).toMatchObject({ source: 'environment', variables: [variable] });
    expect(temporal.source).toBe('embedded');
    expect(Object.keys(environment).filter((name) => /^(AWS|NACRE)_/.test(name))).toEqual([]);
  },
);

it("never sends the user's AWS keys to the embedded store", () => {
  const mine = {
    AWS_ACCESS_KEY_ID: 'mine',
    AWS_SECRET_ACCESS_KEY: 'mine',
    AWS_SESSION_TOKEN: 'mine',
    AWS_PROFILE: 'mine',
  };
  const { s3, environment } = resolveEndpoints(mine, stack);
  expect(s3.source).toBe('embedded');
  expect(Object.values({ ...mine, ...environment })).not.toContain('mine');
});

it("keeps the user's namespace on the embedded server", () => {
  const { temporal, environment } = resolveEndpoints({ TEMPORAL_NAMESPACE: 'team' }, stack);
  expect(temporal.source).toBe('embedded');
  expect(environment).toMatchObject({ TEMPORAL_NAMESPACE: 'team', TEMPORAL_ADDRESS: '127.0.0.1:11008' });
});

it('treats an empty variable as unset', () => {
  expect(resolveEndpoints({ TEMPORAL_ADDRESS: '', NACRE_S3_BUCKET: '' }, stack)).toMatchObject({
    temporal: { source: 'embedded' },
    s3: { source: 'embedded' },
  });
});

it('says what is used without any secret', () => {
  const { temporal, s3 } = resolveEndpoints(
    { TEMPORAL_API_KEY: 'api-secret', TEMPORAL_ADDRESS: 'cloud:7233', NACRE_S3_BUCKET: 'b' },
    stack,
  );
  expect(temporal.sentence).toBe('Temporal: cloud:7233 (yours, from TEMPORAL_ADDRESS, TEMPORAL_API_KEY)');
  expect(`${temporal.sentence} ${s3.sentence}`).not.toContain('secret');
  const embedded = resolveEndpoints({}, stack);
  expect(`${embedded.temporal.sentence} ${embedded.s3.sentence}`).not.toContain('the-secret');
});
