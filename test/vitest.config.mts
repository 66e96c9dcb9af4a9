export { pipelineTests as default } from '../vitest.shared.mjs';
