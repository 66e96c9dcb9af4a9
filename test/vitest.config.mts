import { defineConfig, mergeConfig } from 'vitest/config';

import { pipelineTests } from '../vitest.shared.mjs';

export default mergeConfig(
  pipelineTests,
  defineConfig({ test: { globalSetup: ['./servers.global-setup.ts'] } }),
);
