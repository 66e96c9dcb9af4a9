import { describe, expect, it } from 'vitest';

import { storeFromEnvironment } from './store-from-environment.js';

describe('the store that the environment names', () => {
  it('has a bucket, a prefix and a place', async () => {
    const store = storeFromEnvironment({
      NACRE_S3_ENDPOINT: 'http://127.0.0.1:8333',
      NACRE_S3_BUCKET: 'artifacts',
      NACRE_S3_PREFIX: '/team/nacre/',
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'secret',
    });
    expect(store).toMatchObject({
      bucket: 'artifacts',
      prefix: 'team/nacre',
      place: 'http://127.0.0.1:8333',
    });
    expect(await store.client.config.region()).toBe('eu-central-1');
    expect(await store.client.config.credentials()).toMatchObject({
      accessKeyId: 'id',
      secretAccessKey: 'secret',
    });
    expect(store.client.config.forcePathStyle).toBe(true);
  });

  it('is AWS with the prefix nacre when only the bucket is set', () => {
    const store = storeFromEnvironment({ NACRE_S3_BUCKET: 'artifacts', NACRE_S3_ENDPOINT: '' });
    expect(store).toMatchObject({ prefix: 'nacre', place: 'AWS in us-east-1' });
  });

  it('is refused without a bucket, naming the setting', () => {
    expect(() => storeFromEnvironment({ NACRE_S3_ENDPOINT: 'http://127.0.0.1:8333' })).toThrow(
      /set NACRE_S3_BUCKET/,
    );
  });

  it('is refused when the endpoint is no address', () => {
    const environment = { NACRE_S3_BUCKET: 'artifacts', NACRE_S3_ENDPOINT: 'localhost:8333' };
    expect(() => storeFromEnvironment(environment)).toThrow(/NACRE_S3_ENDPOINT is localhost:8333.*http:\/\//);
  });
});
