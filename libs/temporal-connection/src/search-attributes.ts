import { searchAttributeTypes, type SearchAttributeName } from '@nacre/contracts/queues';
import type { ConnectionLike } from '@temporalio/client';
import {
  defineSearchAttributeKey,
  TypedSearchAttributes,
  type SearchAttributePair,
} from '@temporalio/common';

/** Nacre's search attributes as typed keys, e.g. `nacreSearchAttributes.NacreLogLoss`. */
export const nacreSearchAttributes = {
  NacreRecipe: defineSearchAttributeKey('NacreRecipe', 'KEYWORD'),
  NacreState: defineSearchAttributeKey('NacreState', 'KEYWORD'),
  NacreLogLoss: defineSearchAttributeKey('NacreLogLoss', 'DOUBLE'),
} as const satisfies Record<SearchAttributeName, unknown>;

// Temporal's IndexedValueType by number, for the types that Nacre uses.
const TYPE_NUMBERS: Readonly<Record<(typeof searchAttributeTypes)[SearchAttributeName], number>> = {
  Keyword: 2,
  Double: 4,
};

/**
 * Which of Nacre's search attributes a namespace has, with the right type. A workflow that sets any
 * other fails its task again and again, so nothing else may be set there.
 */
export async function registeredSearchAttributes(
  connection: ConnectionLike,
  namespace: string,
): Promise<ReadonlySet<SearchAttributeName>> {
  const types = await customTypes(connection, namespace);
  const names = Object.keys(searchAttributeTypes) as SearchAttributeName[];
  return new Set(names.filter((name) => types.get(name) === TYPE_NUMBERS[searchAttributeTypes[name]]));
}

/**
 * The pairs that the namespace can take; each one left out is named to `warn` with the command that
 * registers it.
 */
export async function withoutUnknown(
  connection: ConnectionLike,
  namespace: string,
  pairs: readonly SearchAttributePair[],
  warn: (sentence: string) => void,
): Promise<TypedSearchAttributes> {
  const registered = await registeredSearchAttributes(connection, namespace);
  const isKnown = ({ key }: SearchAttributePair): boolean => registered.has(key.name as SearchAttributeName);
  for (const { key } of pairs.filter((pair) => !isKnown(pair))) {
    const type = searchAttributeTypes[key.name as SearchAttributeName];
    warn(
      `Namespace ${namespace} has no search attribute ${key.name} of type ${type}; runs are not searchable by ` +
        `it. Register it: temporal operator search-attribute create -n ${namespace} --name ${key.name} --type ${type}`,
    );
  }
  return new TypedSearchAttributes(pairs.filter(isKnown));
}

async function customTypes(connection: ConnectionLike, namespace: string): Promise<Map<string, number>> {
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    return new Map(Object.entries(customAttributes));
  } catch {
    // Temporal Cloud has no operator service; its namespaces list "Keyword03 → NacreState" instead.
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    const aliases = Object.entries(config?.customSearchAttributeAliases ?? {});
    return new Map(aliases.map(([column, name]) => [name, columnType(column)]));
  }
}

function columnType(column: string): number {
  const type = column.replace(/\d+$/, '');
  return type === 'Keyword' || type === 'Double' ? TYPE_NUMBERS[type] : 0;
}
