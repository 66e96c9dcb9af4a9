import { expect, it } from 'vitest';

import { CONTROL_QUEUE, DATA_QUEUE, gpuQueue, workerCommand } from './task-queues.js';

it.each([
  [CONTROL_QUEUE, 'npx nacre worker --role control'],
  [DATA_QUEUE, 'npx nacre worker --role data'],
  [gpuQueue('8x80g'), 'npx nacre worker --role gpu --pool 8x80g'],
  [gpuQueue('nacre-gpu-x'), 'npx nacre worker --role gpu --pool nacre-gpu-x'],
])('somebody works for %s after `%s`', (queue, command) => {
  expect(workerCommand(queue)).toBe(command);
});
