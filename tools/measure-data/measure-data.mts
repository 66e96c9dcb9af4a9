import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Installation } from '@nacre/activities';
import { COMPARISONS_FILE } from '@nacre/contracts/tables';
import { assignFolds, checkLeaks, prepareSource } from '@nacre/data';

import { generateArena, sourceFiles } from '../generate-arena/generate-arena.mjs';
import { dataScript, type ScriptCost } from './data-script.mjs';
import type { MeasuredRow } from './measured-row.mjs';
import { sourceDescriptions } from './sources.mjs';
import { tokenizeTask } from './tokenize-task.mjs';
import { watchedStep } from './watched-step.mjs';

/** Longest rows: of training, and of prediction. */
export const MAX_TOKENS = { train: 1024, test: 2000 };

export interface DataSettings {
  readonly installation: Installation;
  /** Gets everything that is written. */
  readonly folder: string;
  readonly scale: number;
  readonly seed: number;
  /** Folders of further tokenizers by name, beside the two that are trained here. */
  readonly tokenizers: Readonly<Record<string, string>>;
  /** Sources to tokenize. */
  readonly tokenized: readonly string[];
  readonly signal: AbortSignal;
  /** Hears each figure as soon as it is there. */
  readonly tell: (row: MeasuredRow) => void;
}

/**
 * Takes generated files of the competition's shape from CSV to token ids and tells what each step cost.
 *
 * @returns the folder of each tokenizer by name
 * @throws Error when tokens differ between one and two threads
 */
export async function measureData(settings: DataSettings): Promise<Record<string, string>> {
  const { installation, folder, scale, seed, signal, tell } = settings;
  const [arena, prepared] = [join(folder, 'arena'), (name: string) => join(folder, 'prepared', name)];
  const { result: planted, ...drawing } = await watchedStep(() =>
    generateArena({ folder: arena, scale, seed, signal }),
  );
  const all = Object.values(planted);
  const sum = (key: 'rows' | 'bytes') => all.reduce((total, source) => total + source[key], 0);
  tell({ step: 'generate', rows: sum('rows'), bytes: sum('bytes'), ...drawing, longestGap: null });

  for (const description of sourceDescriptions) {
    const { name } = description;
    const file = join(arena, sourceFiles[description.use]);
    const { result: counts, ...cost } = await watchedStep(() =>
      prepareSource(description, { file, folder: prepared(name), signal }),
    );
    const note = `${String(counts['rows'])} kept`;
    tell({
      step: `prepare ${name}`,
      rows: counts['rows_read'] ?? 0,
      bytes: (await stat(file)).size,
      ...cost,
      note,
    });
  }
  const rows = planted.train.rows + planted.extra.rows;
  const folds = join(folder, 'folds');
  const places = { train: prepared('train'), extra: [prepared('extra')], signal };
  const parameters = {
    labels: ['model_a', 'model_b', 'tie'] as const,
    ...{ count: 5, seed: 2025, group_by: 'exact_prompt' as const, blind_fraction: 0.05 },
  };
  const { result: _folds, ...dealing } = await watchedStep(() =>
    assignFolds({ ...parameters, labels: [...parameters.labels] }, { ...places, folder: folds }),
  );
  tell({ step: 'folds', rows, bytes: 0, ...dealing });
  const { result: _leaks, ...gate } = await watchedStep(() =>
    checkLeaks({
      ...places,
      ...{ postPretrain: prepared('post_pretrain'), test: prepared('test') },
      ...{ foldsFolder: folds, folder: join(folder, 'leaks') },
    }),
  );
  tell({ step: 'leak gate', rows: sum('rows'), bytes: 0, ...gate });

  const tokenizers: Record<string, string> = {};
  for (const name of ['train', 'post_pretrain'] as const) {
    const output = join(folder, 'tokenizers', name);
    await mkdir(output, { recursive: true });
    const words = ['train', prepared(name), output];
    const { seconds, cpu_seconds, peak_bytes } = await dataScript<ScriptCost>(installation, words, signal);
    tokenizers[`bpe-${name}`] = output;
    const trained = Math.min(20_000, planted[name].rows);
    const cost = { seconds, cpuSeconds: cpu_seconds, peakBytes: peak_bytes, longestGap: null };
    tell({ step: `train bpe-${name}`, rows: trained, bytes: 0, ...cost });
  }
  Object.assign(tokenizers, settings.tokenizers);
  for (const source of settings.tokenized) {
    for (const [tokenizer, base] of Object.entries(tokenizers)) {
      const comparisons = prepared(source);
      const bytes = (await stat(join(comparisons, COMPARISONS_FILE))).size;
      const digests = new Set<string>();
      // Two threads where it takes least time to show that the bytes are the same.
      for (const threads of source === 'extra' ? [1, 2] : [2]) {
        const work = {
          tokenizer: base,
          comparisons,
          threads,
          folder: join(folder, 'tokens', tokenizer, source),
        };
        const maxTokens = source === 'test' ? MAX_TOKENS.test : MAX_TOKENS.train;
        const cost = await tokenizeTask({ ...work, installation, maxTokens, signal });
        digests.add(cost.sha256);
        const share = (100 * cost.truncated) / cost.rows;
        const note = `${(cost.tokens / 1e6).toFixed(1)} M tokens, ${share.toFixed(1)} % cut`;
        tell({
          step: `tokenize ${source}, ${tokenizer}, threads ${threads}`,
          ...cost,
          bytes,
          longestGap: null,
          note,
        });
      }
      if (digests.size > 1)
        throw new Error(`${tokenizer}, ${source}: tokens differ between one and two threads`);
    }
  }
  return tokenizers;
}
