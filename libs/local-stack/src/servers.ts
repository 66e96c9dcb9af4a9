import type { ServerName } from './local-stack.js';
import { s3Server } from './s3-server.js';
import type { ServerDefinition } from './server-definition.js';
import { temporalServer } from './temporal-server.js';

/** Both servers of a stack. */
export const servers: Readonly<Record<ServerName, ServerDefinition>> = {
  temporal: temporalServer,
  s3: s3Server,
};

/** Their names, in the order in which messages list them. */
export const serverNames = ['temporal', 's3'] as const satisfies readonly ServerName[];
