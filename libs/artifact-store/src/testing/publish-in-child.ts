import { claimStage } from '../claim-stage.js';
import { publishStage } from '../publish-stage.js';
import { testHolder } from './test-holder.js';
import { testStore } from './test-store.js';

// A holder of its own process for the test of fencing: it claims, stops itself where nothing is left to do but the
// publishing PUT, and tells how that ended once somebody has continued it. Prefix, stage key, manifest id.
const [prefix = '', key = '', manifestId = ''] = process.argv.slice(2);
const store = testStore({ prefix });
const claim = await claimStage(store, 'merge', key, testHolder('run-stopped'), () => Promise.resolve(false));
if (claim.state !== 'claimed') throw new Error(`expected a claim, got ${claim.state}`);
process.kill(process.pid, 'SIGSTOP');
const ending = await publishStage(store, 'merge', key, claim, manifestId).then(
  ({ state }) => state,
  (error: unknown) => (error instanceof Error ? error.name : 'unknown'),
);
process.stdout.write(ending);
