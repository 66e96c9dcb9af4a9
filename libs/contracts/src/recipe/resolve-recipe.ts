import { InvalidRecipe } from '../errors/invalid-recipe.js';
import { contradictions, useOfName } from './recipe-checks.js';
import { recipeSchema, type Recipe } from './recipe.js';
import { schemaFaults } from './schema-faults.js';

/** The stamp that resolveRecipe leaves. */
export const RESOLVER = 'nacre 1';

/**
 * The one function that applies defaults. A recipe that already carries the stamp is only checked:
 * a key it lacks is an error, never filled in, so that an old run restarts as it was.
 *
 * @throws InvalidRecipe with every fault, each with its place, one per line.
 */
export function resolveRecipe(document: unknown): Recipe {
  const stamped = isRecord(document) && document['resolved_by'] !== undefined;
  const parsed = recipeSchema.safeParse(stamped ? document : withImpliedKeys(document));
  if (!parsed.success) throw new InvalidRecipe(schemaFaults(parsed.error).join('\n'));
  const faults = contradictions(parsed.data);
  if (faults.length > 0) throw new InvalidRecipe(faults.join('\n'));
  if (stamped) {
    const lacking = lackingKeys(document, parsed.data, []);
    if (lacking.length > 0) {
      throw new InvalidRecipe(
        `resolved_by: the recipe is stamped as resolved but lacks ${lacking.join(', ')}; remove the stamp and resolve it again`,
      );
    }
    return parsed.data;
  }
  return { ...parsed.data, resolved_by: RESOLVER };
}

/** use by the name of the source, file_type by the ending of its path. */
function withImpliedKeys(document: unknown): unknown {
  if (!isRecord(document) || !isRecord(document['data'])) return document;
  const data = Object.entries(document['data']).map(([name, source]) => {
    if (!isRecord(source)) return [name, source];
    const path = typeof source['path'] === 'string' ? source['path'] : '';
    const use = useOfName(name);
    return [
      name,
      {
        ...(use === undefined ? {} : { use }),
        ...(use === 'submission_order' ? { format: 'sample_submission' } : {}),
        ...(/\.(jsonl|ndjson)$/.test(path) ? { file_type: 'jsonl' } : {}),
        ...(/\.(parquet|pq)$/.test(path) ? { file_type: 'parquet' } : {}),
        ...source,
      },
    ];
  });
  return { ...document, data: Object.fromEntries(data) as unknown };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Places that only a default filled: in `complete`, not in the document. */
function lackingKeys(document: unknown, complete: unknown, place: readonly string[]): string[] {
  if (!isRecord(complete)) return [];
  const given = isRecord(document) ? document : {};
  return Object.entries(complete).flatMap(([key, value]) => {
    const here = [...place, key];
    return value !== undefined && given[key] === undefined
      ? [here.join('.')]
      : lackingKeys(given[key], value, here);
  });
}
