import { defineConfig, mergeConfig, type ViteUserConfig } from 'vitest/config';

const conditions = ['@nacre/source', 'node', 'development|production'];

/**
 * What every suite shares: workspace packages resolve to their TypeScript source, so no build comes first;
 * numbers do not depend on the count of cores; a test that fails has failed, it is not tried again.
 */
const shared = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    env: { OMP_NUM_THREADS: '1' },
    passWithNoTests: true,
    restoreMocks: true,
    unstubEnvs: true,
    retry: 0,
  },
});

/**
 * Pure tests (`*.test.ts`) of one project. They share threads and module state because isolation costs six times
 * the time here; a test that starts a server or a native core is a `*.server.test.ts`.
 */
export const unitTests: ViteUserConfig = mergeConfig(
  shared,
  defineConfig({
    test: {
      include: ['**/*.test.ts'],
      exclude: ['**/*.server.test.ts', '**/node_modules/**', '**/dist/**', '**/test-output/**'],
      pool: 'threads',
      isolate: false,
      testTimeout: 10_000,
    },
  }),
);

/** Tests against real servers and processes: one fork per file, files one after another so that they share 2 cores. */
export const serverTests: ViteUserConfig = mergeConfig(
  shared,
  defineConfig({
    test: {
      include: ['**/*.server.test.ts'],
      exclude: ['**/node_modules/**', '**/dist/**', '**/test-output/**', 'test/**'],
      globalSetup: ['./test/servers.global-setup.ts'],
      pool: 'forks',
      fileParallelism: false,
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  }),
);

/** End-to-end suites of `test/`: whole runs in their own processes. */
export const pipelineTests: ViteUserConfig = mergeConfig(
  shared,
  defineConfig({
    test: {
      include: ['**/*.test.ts'],
      exclude: ['**/node_modules/**', '**/test-output/**'],
      pool: 'forks',
      fileParallelism: false,
      testTimeout: 600_000,
      hookTimeout: 600_000,
    },
  }),
);
