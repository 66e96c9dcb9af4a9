import { z } from 'zod';

import { defineStage } from '../define-stage.js';

/** Ids of a sample submission in their order, checked against the test rows. Output: order.csv. */
export const prepareOrder = defineStage({
  kind: 'prepare_order',
  version: 1,
  pool: 'cpu',
  parameters: z.strictObject({}),
  sources: ['libs/data/src/prepare-order.ts'],
});
