import { extendsSchema } from './editor-schema.mjs';
import { introductions, opening } from './introductions.mjs';
import type { JsonSchema } from './json-schema.mjs';

interface Row {
  readonly key: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

/** zod's bounds of a safe integer, which no recipe comes near. */
const UNBOUNDED = Number.MAX_SAFE_INTEGER;

/** docs/recipe.md: every key of a recipe with type, default and meaning, by top-level key. */
export function recipeReference(contract: JsonSchema): string {
  const top = Object.entries({ ...contract.properties, extends: extendsSchema })
    .filter(([key]) => key !== 'resolved_by')
    .map(([key, schema]) => ({ key, schema, required: contract.required?.includes(key) === true }));
  const simple = top.filter(({ schema }) => schema.type !== 'object');
  const sections = top.filter(({ schema }) => schema.type === 'object');
  return [
    opening,
    section('The file', introductions['file'], simple),
    ...sections.map((row) => section(`\`${row.key}\``, introductions[row.key], rowsBelow(row))),
  ].join('\n');
}

function section(title: string, introduction: string | undefined, rows: readonly Row[]): string {
  if (introduction === undefined) {
    throw new Error(`tools/recipe-reference/introductions.mts: write an introduction for ${title}`);
  }
  const lines = rows.map(
    ({ key, schema, required }) =>
      `| \`${key}\` | ${typeOf(schema)} | ${defaultOf(schema, required)} | ${cell(schema.description ?? '')} |`,
  );
  return `## ${title}\n\n${introduction}\n\n| Key | Type | Default | Meaning |\n| --- | --- | --- | --- |\n${lines.join('\n')}\n`;
}

/** A key itself and the keys below it, to every depth. */
function rowsBelow({ key, schema, required }: Row): Row[] {
  const own: Row[] = [{ key, schema, required }];
  const members = Object.entries(schema.properties ?? {}).flatMap(([name, member]) =>
    rowsBelow({
      key: `${key}.${name}`,
      schema: member,
      required: schema.required?.includes(name) === true,
    }),
  );
  const named =
    typeof schema.additionalProperties === 'object'
      ? rowsBelow({ key: `${key}.<name>`, schema: schema.additionalProperties, required: false })
      : [];
  const either = (schema.anyOf ?? [])
    .filter(({ type }) => type === 'object')
    .flatMap((one) => rowsBelow({ key, schema: one, required: false }).slice(1));
  return [...own, ...members, ...named, ...either];
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(' or ');
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeOf))].join(' or ');
  if (schema.prefixItems !== undefined) {
    return `\`[${schema.prefixItems.map((item) => String(item.const)).join(', ')}]\``;
  }
  if (schema.type === 'object') return 'map';
  if (schema.type === 'array') return 'list';
  if (schema.type === 'string') return 'text';
  if (schema.type === 'boolean') return '`true` or `false`';
  return [schema.type === 'integer' ? 'whole number' : 'number', ...boundsOf(schema)].join(' ');
}

function boundsOf({ minimum, exclusiveMinimum, maximum, multipleOf }: JsonSchema): string[] {
  const upper = maximum === undefined || maximum === UNBOUNDED ? undefined : maximum;
  const lower = minimum === undefined || minimum === -UNBOUNDED ? undefined : minimum;
  return [
    ...(lower === undefined ? [] : upper === undefined ? [`≥ ${lower}`] : [`${lower} to ${upper}`]),
    ...(exclusiveMinimum === undefined ? [] : [`> ${exclusiveMinimum}`]),
    ...(lower === undefined && upper !== undefined ? [`≤ ${upper}`] : []),
    ...(multipleOf === undefined ? [] : [`multiple of ${multipleOf}`]),
  ];
}

function defaultOf({ default: value, type, const: only }: JsonSchema, required: boolean): string {
  if (required) return '**required**';
  if (value === undefined || (type === 'object' && only === undefined)) return '';
  return Array.isArray(value)
    ? `\`[${value.join(', ')}]\``
    : `\`${JSON.stringify(value).replaceAll('"', '')}\``;
}

function cell(text: string): string {
  return text.replace(/[|<]/g, '\\$&').replaceAll('\n', ' ');
}
