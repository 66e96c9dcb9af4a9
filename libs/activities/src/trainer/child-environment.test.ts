import { expect, test } from 'vitest';

import type { Installation } from '../installation.js';
import { childEnvironment } from './child-environment.js';

const installation: Installation = {
  root: '/nacre',
  python: '/nacre/python',
  pythonPath: '/nacre/a:/nacre/b',
  workFolder: '/work-folder',
  cacheFolder: '/cache',
  gitCommit: 'unknown',
};

test('a task sees only what is on the list: no credential and no address of any service', () => {
  const secrets = Object.fromEntries(
    [
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
      'AWS_PROFILE',
      'NACRE_S3_ENDPOINT',
      'NACRE_S3_BUCKET',
      'TEMPORAL_ADDRESS',
      'TEMPORAL_API_KEY',
      'TEMPORAL_CONFIG_FILE',
      'KAGGLE_KEY',
      'HF_TOKEN',
      'HUGGING_FACE_HUB_TOKEN',
      'WANDB_API_KEY',
      'GITHUB_TOKEN',
      'SSH_AUTH_SOCK',
      'PYTHONSTARTUP',
      'LD_PRELOAD',
    ].map((name) => [name, 'secret']),
  );
  const child = childEnvironment(installation, { ...secrets, PATH: '/bin', HOME: '/home/a' }, 3);
  expect(Object.values(child)).not.toContain('secret');
  expect(child).toEqual({
    PATH: '/bin',
    HOME: '/home/a',
    PYTHONPATH: '/nacre/a:/nacre/b',
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    NACRE_TASK_MODULES: 'nacre_quantization.tasks',
    OMP_NUM_THREADS: '3',
    TOKENIZERS_PARALLELISM: 'false',
    HF_HUB_OFFLINE: '1',
    TRANSFORMERS_OFFLINE: '1',
    CUBLAS_WORKSPACE_CONFIG: ':4096:8',
  });
});
