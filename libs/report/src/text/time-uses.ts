import type { TimeUse } from '@nacre/contracts/measurement';

/** What a use of time is called on the page, in the order in which bars stack it. */
export const timeUseTitles: Readonly<Record<TimeUse, string>> = {
  step: 'useful steps',
  evaluation: 'evaluation',
  checkpoint: 'checkpoints',
  load: 'loading',
  wait: 'waiting',
  lost: 'lost',
  unaccounted: 'unaccounted',
};

/** Its colour, of the page's own. */
export const timeUseColours: Readonly<Record<TimeUse, string>> = {
  step: 'var(--good)',
  evaluation: 'var(--late)',
  checkpoint: 'var(--alone)',
  load: 'var(--reuse)',
  wait: 'var(--idle)',
  lost: 'var(--bad)',
  unaccounted: 'var(--warn)',
};
