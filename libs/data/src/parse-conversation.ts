import { z } from 'zod';

import { CELL_LIMIT, CELL_TOO_LONG } from './cell-limit.js';
import type { Turn } from './normalise-text.js';
import { wellFormedTurns, type CellProblem, type ParsedTurns } from './parse-turns.js';
import type { Repair } from './repairs.js';

/**
 * Messages as the public exports of the arena hold them. In lmsys/chatbot_arena_conversations (33k) and
 * lmarena-ai/arena-human-preference-100k a content is text; in lmarena-ai/arena-human-preference-140k it is a list of
 * parts {type, text, image, mimeType}, of which those that do not belong to the type are null. Other keys
 * (num_tokens) are passed over. Read in the cards of these data sets on huggingface.co, 2026-11.
 */
const partSchema = z.object({
  type: z.string().nullish(),
  text: z.string().nullish(),
  image: z.unknown().optional(),
});
const messagesSchema = z.array(
  z.object({
    role: z.string(),
    content: z.union([z.string(), z.array(partSchema)]).nullish(),
  }),
);
type Part = z.infer<typeof partSchema>;

/** A conversation as turns: what was asked, and one answer, or null, to each question. */
export interface ParsedConversation {
  readonly prompt: ParsedTurns;
  readonly answers: ParsedTurns;
  /** Whether messages hold images or other parts that are no text. */
  readonly images: boolean;
}

/** Whether a value of JSON lines or Parquet is a list of messages rather than of turns. */
export function isConversation(value: unknown): value is readonly unknown[] {
  if (!Array.isArray(value)) return false;
  const first: unknown = value[0];
  return typeof first === 'object' && first !== null && 'role' in first;
}

/**
 * The turns of a list of messages. A question without an answer has the answer null; messages of the system, which
 * voters did not see, are left out.
 */
export function parseConversation(value: unknown): ParsedConversation | CellProblem {
  const messages = messagesSchema.safeParse(value);
  if (!messages.success) return { problem: 'no list of messages with a role and a content of text or parts' };
  const prompt: Turn[] = [];
  const answers: Turn[] = [];
  const repairs: Repair[] = [];
  let previous = 'assistant';
  let images = false;
  for (const { role, content } of messages.data) {
    if (role === 'system') {
      if (!repairs.includes('system_messages_dropped')) repairs.push('system_messages_dropped');
      continue;
    }
    const parts: readonly Part[] = Array.isArray(content) ? content : [{ text: content }];
    images ||= parts.some((part) => !isText(part));
    const texts = parts.map(({ text }) => text).filter((text) => typeof text === 'string');
    const text = texts.length === 0 ? null : texts.join('\n');
    if (text !== null && text.length > CELL_LIMIT) return { problem: CELL_TOO_LONG };
    if (role === 'user') {
      prompt.push(text);
      answers.push(null);
    } else if (role !== 'assistant') {
      return { problem: 'a message whose role is none of user, assistant and system' };
    } else if (prompt.length === 0) {
      return { problem: 'a conversation that begins with an answer; its first message must be of the user' };
    } else if (previous === 'assistant') {
      return { problem: 'two answers in a row; the messages of user and assistant must alternate' };
    } else {
      answers[answers.length - 1] = text;
    }
    previous = role;
  }
  if (previous === 'assistant' && prompt.length === 0) return { problem: 'a conversation without messages' };
  return { prompt: wellFormedTurns(prompt, repairs), answers: wellFormedTurns(answers, []), images };
}

function isText({ type, image }: Part): boolean {
  return (type ?? 'text') === 'text' && (image ?? null) === null;
}
