import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { manifestSchema, stageRegisterSchema } from './artifact/index.js';
import { goodputSchema, historySchema, measurementSchema } from './measurement/index.js';
import { recipeSchema } from './recipe/index.js';
import { heartbeatSchema, progressSchema, runResultSchema, stageCallSchema } from './run/index.js';
import { studyResultsSchema, studySchema } from './study/index.js';
import { taskEventSchema, taskRequestSchema, taskResultSchema } from './trainer/index.js';

type Node = Readonly<Record<string, unknown>>;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

/** Places of members that say nothing about themselves. A constant (the discriminator of a union) speaks for itself. */
function undescribed(node: unknown, place: string): string[] {
  if (!isNode(node)) return [];
  const members = isNode(node['properties']) ? Object.entries(node['properties']) : [];
  return [
    ...members.flatMap(([name, member]) => {
      const here = `${place}.${name}`;
      const silent = isNode(member) && member['description'] === undefined && member['const'] === undefined;
      return [...(silent ? [here] : []), ...undescribed(member, here)];
    }),
    ...['anyOf', 'oneOf', 'allOf', 'prefixItems'].flatMap((several) => {
      const parts = node[several];
      return Array.isArray(parts)
        ? parts.flatMap((part, index) => undescribed(part, `${place}|${String(index)}`))
        : [];
    }),
    ...['items', 'additionalProperties'].flatMap((one) => undescribed(node[one], `${place}[]`)),
  ];
}

describe('every field of a document says what it means', () => {
  it.each<[string, z.ZodType]>([
    ['recipe', recipeSchema],
    ['task request', taskRequestSchema],
    ['task event', taskEventSchema],
    ['task result', taskResultSchema],
    ['manifest', manifestSchema],
    ['stage register', stageRegisterSchema],
    ['measurement', measurementSchema],
    ['goodput', goodputSchema],
    ['progress', progressSchema],
    ['history', historySchema],
    ['heartbeat', heartbeatSchema],
    ['run result', runResultSchema],
    ['stage call', stageCallSchema],
    ['study', studySchema],
    ['study results', studyResultsSchema],
  ])('%s', (name, schema) => {
    const document = z.toJSONSchema(schema, { io: 'input', reused: 'inline' });
    expect(undescribed(document, name)).toEqual([]);
  });

  it('and the walk finds a field that does not', () => {
    const schema = z.strictObject({
      list: z.array(z.strictObject({ silent: z.number() })).describe('A list'),
    });
    expect(undescribed(z.toJSONSchema(schema), 'x')).toEqual(['x.list[].silent']);
  });
});
