import { dirname } from 'node:path';

import { installation } from '@nacre/activities';

/** Where the embedded servers' programs lie: beside the Python interpreter whose packages bring them. */
export function binaryFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return dirname(installation(environment, 'unknown').python);
}
