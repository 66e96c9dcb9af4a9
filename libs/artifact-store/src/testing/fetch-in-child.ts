import { fetchArtifact } from '../fetch-artifact.js';
import { testStore } from './test-store.js';

// A process of its own for the test of simultaneous fetches: prefix, manifest id, cache folder, job folder.
const [prefix = '', manifestId = '', cacheFolder = '', folder = ''] = process.argv.slice(2);
await fetchArtifact(testStore({ prefix }), manifestId, { cacheFolder, folder });
