export { sampleRun, type SampleRun } from './sample-run.js';
