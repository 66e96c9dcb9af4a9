export { distillationPipeline } from './distillation-pipeline.workflow.js';
