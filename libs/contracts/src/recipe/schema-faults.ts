import type { z } from 'zod';

/** Every fault that a schema found in a document of this kind: one sentence each, with the place first. */
export function schemaFaults(error: z.ZodError, kind: 'recipe' | 'study' = 'recipe'): string[] {
  return error.issues.flatMap(({ path, ...issue }) => {
    const place = path.map(String).join('.') || kind;
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map(
          (key) =>
            `${[...path, key].map(String).join('.')}: unknown key; docs/${kind === 'study' ? 'studies' : kind}.md lists those of this version`,
        );
      case 'invalid_key':
        return [`${place}: the name must be ${issue.issues[0]?.message ?? 'another'}`];
      default:
        return [`${place}: ${plain(issue.message)}`];
    }
  });
}

function plain(message: string): string {
  return message.replace(/^Invalid input: /, '').replace(/, received undefined$/, ', but the key is missing');
}
