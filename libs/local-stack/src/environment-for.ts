import type { LocalStack } from './local-stack.js';
import { temporalProfileFile } from './temporal-profile.js';

/**
 * Environment variables by which Temporal's and AWS's own tools, and Nacre's processes, reach a
 * stack. Holds the stack's secret: for child processes and for the user's own shell, never for a log
 * or a command line.
 */
export function environmentFor(stack: LocalStack): Record<string, string> {
  return { ...temporalEnvironment(stack), ...s3Environment(stack) };
}

/** The Temporal half of `environmentFor`. */
export function temporalEnvironment(stack: LocalStack): Record<string, string> {
  return {
    TEMPORAL_ADDRESS: stack.temporal.address,
    TEMPORAL_NAMESPACE: stack.temporal.namespace,
    TEMPORAL_CONFIG_FILE: temporalProfileFile(stack.stateFolder),
  };
}

/** The S3 half of `environmentFor`. */
export function s3Environment(stack: LocalStack): Record<string, string> {
  return {
    NACRE_S3_ENDPOINT: stack.s3.endpoint,
    NACRE_S3_BUCKET: stack.s3.bucket,
    AWS_ENDPOINT_URL_S3: stack.s3.endpoint,
    AWS_REGION: stack.s3.region,
    AWS_ACCESS_KEY_ID: stack.s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: stack.s3.secretAccessKey,
    // Either would take the place of the two keys, or be sent with them.
    AWS_PROFILE: '',
    AWS_SESSION_TOKEN: '',
  };
}
