import { deviceLockFolder, deviceProbe, DeviceLeases } from '@nacre/activities';
import { DoesNotFit } from '@nacre/contracts/errors';

/**
 * Leases over the GPUs that a worker is given, null where it is given none.
 *
 * @throws DoesNotFit naming an id that the node does not have; DeviceFault when the probe fails
 */
export async function ownDevices(
  ids: readonly number[],
  environment: NodeJS.ProcessEnv,
): Promise<DeviceLeases | null> {
  if (ids.length === 0) return null;
  const probe = deviceProbe(environment);
  const known = [...(await probe()).keys()];
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length > 0) {
    throw new DoesNotFit(`--gpus: this node has no GPU ${unknown.join(', ')}; it has ${known.join(', ')}`);
  }
  return new DeviceLeases({ ids, probe, lockFolder: deviceLockFolder(environment) });
}
