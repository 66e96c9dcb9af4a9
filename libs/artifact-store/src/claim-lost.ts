import type { StageRegister } from '@nacre/contracts/artifact';
import { ClaimLost } from '@nacre/contracts/errors';

import type { StageClaim } from './claim-stage.js';

/** The error for a claim whose register now says something else (undefined: nothing), naming who has the stage. */
export function claimLost(kind: string, claim: StageClaim, now: StageRegister | undefined): ClaimLost {
  const successor =
    now === undefined
      ? 'its register was deleted'
      : `term ${now.term} of run ${now.holder.workflow_id} on ${now.holder.worker} ` +
        (now.state === 'published' ? 'has published it' : 'holds it now');
  return new ClaimLost(
    `Term ${claim.term} of ${kind} was taken over while it was at work: ${successor}. Its result is dropped.`,
    { kind, term: claim.term, successor_term: now?.term ?? null },
  );
}
