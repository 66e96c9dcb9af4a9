import { defineConfig } from 'vitest/config';

/** `npx vitest` at the root: the pure tests of every project, for watching while one edits. */
export default defineConfig({
  test: {
    projects: ['apps/*', 'libs/*', 'workflows', 'tools'].map((folder) => `${folder}/vitest.config.mts`),
  },
});
