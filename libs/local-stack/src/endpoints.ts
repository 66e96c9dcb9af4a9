import { s3Environment, temporalEnvironment } from './environment-for.js';
import type { LocalStack } from './local-stack.js';

/** Which server is used for one purpose, and who said so. */
export interface EndpointChoice {
  /**
   * - environment: the user named a server, which always wins
   * - embedded: the stack's
   * - none: the user named none and no stack was given
   */
  readonly source: 'environment' | 'embedded' | 'none';
  /** Variables of the user's that decided, without their values. */
  readonly variables: readonly string[];
  /** For people: which server, and from where. Never a secret. */
  readonly sentence: string;
}

/** What every process of a run connects to. */
export interface ResolvedEndpoints {
  readonly temporal: EndpointChoice;
  readonly s3: EndpointChoice;
  /** To be laid over the environment, here and in child processes; empty where the user's is used. */
  readonly environment: Readonly<Record<string, string>>;
}

const NAMES_A_TEMPORAL = /^TEMPORAL_(ADDRESS|PROFILE|CONFIG_FILE|API_KEY|TLS|TLS_.+|GRPC_META_.+)$/;
const NAMES_A_STORE = /^(NACRE_S3_(ENDPOINT|BUCKET)|AWS_ENDPOINT_URL(_S3)?)$/;

/**
 * Decides between the user's servers and the embedded ones, separately for Temporal and S3. A server
 * that the user names always wins, with all its settings. AWS keys alone name no server (many shells
 * carry some for other work): the embedded store then gets its own keys, never the user's.
 * TEMPORAL_NAMESPACE alone wins as well: `startLocalStack` makes that namespace.
 */
export function resolveEndpoints(environment: NodeJS.ProcessEnv, stack?: LocalStack): ResolvedEndpoints {
  const temporalVariables = present(environment, NAMES_A_TEMPORAL);
  const s3Variables = present(environment, NAMES_A_STORE);
  const temporal = choose('Temporal', temporalVariables, stack, {
    address: stack?.temporal.address,
    named: environment['TEMPORAL_ADDRESS'],
  });
  const s3 = choose('S3', s3Variables, stack, {
    address: stack?.s3.endpoint,
    named: environment['NACRE_S3_ENDPOINT'] ?? environment['AWS_ENDPOINT_URL_S3'],
  });
  return {
    temporal,
    s3,
    environment: {
      ...(temporal.source === 'embedded' && stack !== undefined
        ? { ...temporalEnvironment(stack), ...namespaceOf(environment) }
        : {}),
      ...(s3.source === 'embedded' && stack !== undefined ? s3Environment(stack) : {}),
    },
  };
}

function choose(
  what: string,
  variables: readonly string[],
  stack: LocalStack | undefined,
  { address, named }: { address: string | undefined; named: string | undefined },
): EndpointChoice {
  if (variables.length > 0) {
    const where = named === undefined || named === '' ? '' : ` ${named}`;
    const sentence = `${what}:${where} (yours, from ${variables.join(', ')})`;
    return { source: 'environment', variables, sentence };
  }
  if (stack === undefined || address === undefined) {
    return { source: 'none', variables, sentence: `${what}: none named and none running` };
  }
  const sentence = `${what}: ${address} (embedded, in ${stack.stateFolder})`;
  return { source: 'embedded', variables, sentence };
}

function namespaceOf({ TEMPORAL_NAMESPACE }: NodeJS.ProcessEnv): Record<string, string> {
  return TEMPORAL_NAMESPACE === undefined || TEMPORAL_NAMESPACE === '' ? {} : { TEMPORAL_NAMESPACE };
}

function present(environment: NodeJS.ProcessEnv, pattern: RegExp): string[] {
  return Object.keys(environment)
    .filter((name) => pattern.test(name) && environment[name] !== '')
    .sort();
}
