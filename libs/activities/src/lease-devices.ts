import { hostname } from 'node:os';

import type { StageCall } from '@nacre/contracts/run';
import { stageDefinition } from '@nacre/stages';

import type { ActivityDependencies } from './dependencies.js';
import type { LeasedDevices } from './device-leases.js';
import type { HeartbeatTimer } from './heartbeat-timer.js';

/**
 * The GPUs of a stage, where this worker owns some: on the CPU too, so that whoever gave it GPU ids
 * sees them respected. null for stages of the data queue and on a worker without `--gpus`.
 *
 * @throws as DeviceLeases.lease
 */
export async function leaseDevices(
  { devices, worker }: ActivityDependencies,
  call: StageCall,
  heartbeat: HeartbeatTimer,
  signal: AbortSignal,
): Promise<LeasedDevices | null> {
  if (devices === null || stageDefinition(call.kind)?.pool !== 'gpu') return null;
  heartbeat.report({ phase: 'waiting-for-gpus' });
  const holder = `worker ${worker} on ${hostname()} for ${call.name} of ${call.run.workflow_id}`;
  return devices.lease(call.execution.gpus, holder, signal);
}
