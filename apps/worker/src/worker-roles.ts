import { InvalidRecipe } from '@nacre/contracts/errors';

/** What a worker does: workflows and look-ups, data stages, GPU-class stages. */
export const workerRoles = ['control', 'data', 'gpu'] as const;
export type WorkerRole = (typeof workerRoles)[number];

/**
 * Roles of `--role control,data,gpu`.
 *
 * @throws InvalidRecipe (a usage error) naming the unknown role
 */
export function parseRoles(text: string): WorkerRole[] {
  const roles = text.split(',').map((part) => {
    const role = workerRoles.find((known) => known === part.trim());
    if (role === undefined) {
      throw new InvalidRecipe(
        `--role ${part}: a worker has the roles ${workerRoles.join(', ')}, separated by commas`,
      );
    }
    return role;
  });
  return [...new Set(roles)];
}
