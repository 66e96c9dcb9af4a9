import type { Heartbeat } from '@nacre/contracts/run';
import type { TaskEvent } from '@nacre/contracts/trainer';

/** What the next heartbeat says because of an event, or undefined when it says nothing new. */
export function reportOf(event: TaskEvent): Partial<Heartbeat> | undefined {
  switch (event.type) {
    case 'phase-start':
      return { phase: event.phase, done: 0, total: 0 };
    case 'step-end':
      return { done: event.step, total: event.steps, loss: event.loss };
    case 'rows-written':
      return { done: event.rows, total: event.total };
    case 'layer-quantized':
      return { done: event.layer, total: event.layers };
    case 'checkpoint-loaded':
      return { durable_step: event.step };
    case 'checkpoint-written':
    case 'evaluation-end':
    case 'memory-peak':
    case 'task-end':
    case 'task-start':
    case 'time-spent':
      return undefined;
  }
}
