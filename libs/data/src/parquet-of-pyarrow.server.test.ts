import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { expect, it } from 'vitest';

import { preparedRows, refusal } from './prepared-source.fixture.js';
import { temporaryFolder } from './temporary-folder.fixture.js';

const root = resolve(import.meta.dirname, '../../..');
const python = process.env['NACRE_PYTHON'] ?? join(root, '.venv', 'bin', 'python');

/** The types that Hugging Face datasets and pandas give to columns, in row groups of two rows. */
const WRITE = `
import sys, pyarrow as pa, pyarrow.parquet as pq
part = pa.struct([("type", pa.string()), ("text", pa.large_string()), ("image", pa.string()), ("mimeType", pa.string())])
message = pa.struct([("role", pa.string()), ("content", pa.list_(part)), ("num_tokens", pa.int32())])
def said(role, text):
    return {"role": role, "content": [{"type": "text", "text": text, "image": None, "mimeType": None}], "num_tokens": 1}
ids = ["a", "b", "c"]
winners = ["model_a", "both_bad", "tie"]
def conversation(answer):
    return [[said("user", f"q {i} \\U0001f600"), said("assistant", answer)] for i in ids]
pq.write_table(pa.table({
    "id": pa.array(ids, pa.large_string()),
    "model_a": pa.array(["m1"] * 3).dictionary_encode(),
    "model_b": pa.array(["m2"] * 3).dictionary_encode(),
    "winner": pa.array(winners).dictionary_encode(),
    "conversation_a": pa.array(conversation("x"), pa.list_(message)),
    "conversation_b": pa.array(conversation(None), pa.large_list(message)),
    "full_conversation": pa.array([b"\\xff"] * 3, pa.binary()),
    "timestamp": pa.array([0] * 3, pa.timestamp("us")),
}), sys.argv[1], row_group_size=2)
`;

it('Parquet as pyarrow writes it is read, whatever the columns beside those of the format', async () => {
  const file = join(await temporaryFolder(), 'arena.parquet');
  execFileSync(python, ['-c', WRITE, file]);
  const { rows, counts } = await preparedRows(readFileSync(file), {
    ...{ format: 'arena_conversations', file_type: 'parquet' },
  });
  expect(rows).toMatchObject([
    { id: 'a', model_a: 'm1', label: 'model_a', prompt: ['q a 😀'], response_a: ['x'], response_b: [null] },
    { id: 'b', model_b: 'm2', label: 'tie', prompt: ['q b 😀'] },
    { id: 'c', label: 'tie' },
  ]);
  expect(counts).toMatchObject({ rows: 3, ties_folded: 1 });
});

/** Texts whose bytes are not UTF-8, which pyarrow writes without a look at them. */
const WRITE_LATIN_1 = `
import struct, sys, pyarrow as pa, pyarrow.parquet as pq
text = "SECRET caf\u00e9".encode("latin-1")
bad = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(struct.pack("<2i", 0, len(text))), pa.py_buffer(text)])
one = pa.array([1])
pq.write_table(pa.table({
    "id": one, "prompt": bad, "response_a": bad, "response_b": bad,
    "winner_model_a": one, "winner_model_b": pa.array([0]), "winner_tie": pa.array([0]),
}), sys.argv[1])
`;

it('Parquet whose texts are not UTF-8 is refused without quoting them', async () => {
  const file = join(await temporaryFolder(), 'latin-1.parquet');
  execFileSync(python, ['-c', WRITE_LATIN_1, file]);
  const refused = await refusal(readFileSync(file), { format: 'arena_text', file_type: 'parquet' });
  expect(refused).toContain('train: cannot be read as Parquet after row 0: a text that is not UTF-8');
  expect(refused).not.toContain('SECRET');
});
