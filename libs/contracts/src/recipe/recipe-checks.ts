import type { Recipe } from './recipe.js';

/** What a source is for. */
export type SourceUse = 'train' | 'extra' | 'post_pretrain' | 'test' | 'submission_order';

const useByName: Readonly<Record<string, SourceUse>> = {
  train: 'train',
  extra: 'extra',
  ut: 'post_pretrain',
  test: 'test',
  sample_submission: 'submission_order',
};

/** The use a source has by its name when the recipe states none. */
export function useOfName(name: string): SourceUse | undefined {
  return Object.hasOwn(useByName, name) ? useByName[name] : undefined;
}

/** Names of the sources with a use, in the order of the recipe. */
export function sourcesFor(recipe: Recipe, use: SourceUse): string[] {
  return Object.entries(recipe.data)
    .filter(([, source]) => source.use === use)
    .map(([name]) => name);
}

/**
 * Contradictions between parts of a recipe that no single field shows: one sentence each, with the
 * place first. Empty when there are none.
 */
export function contradictions(recipe: Recipe): string[] {
  const found: string[] = [];
  const count = (use: SourceUse) => sourcesFor(recipe, use).length;
  for (const [name, source] of Object.entries(recipe.data)) {
    if (source.use === undefined) {
      found.push(
        `data.${name}.use: say what the rows are for (train, extra, post_pretrain, test, submission_order)`,
      );
    }
    if (source.format === 'sample_submission' && source.use !== 'submission_order') {
      found.push(`data.${name}: a sample_submission can only have use: submission_order`);
    }
    if (source.use === 'submission_order' && source.format !== 'sample_submission') {
      found.push(`data.${name}: use: submission_order needs format: sample_submission`);
    }
    if (source.ids !== undefined && source.format === 'columns') {
      found.push(`data.${name}.ids: format: columns says it by columns.id, or by leaving that out`);
    }
    if (source.ids === 'row_number' && source.use === 'test') {
      found.push(`data.${name}.ids: test rows are predicted by the ids of their file; leave ids out`);
    }
    const unlabelled = source.use === 'test' || source.use === 'submission_order';
    if (source.columns !== undefined && source.columns.label === undefined && !unlabelled) {
      found.push(`data.${name}.columns.label: rows that are trained on need a label`);
    }
    const label = source.columns?.label;
    if (label !== undefined && 'always' in label && !recipe.labels.some((known) => known === label.always)) {
      found.push(`data.${name}.columns.label.always: ${label.always} is none of labels`);
    }
    if (source.synthetic !== undefined && source.format !== 'arena_csv') {
      found.push(`data.${name}.format: synthetic rows have no file to read; leave format out`);
    }
  }
  if (count('train') !== 1)
    found.push(`data: exactly one source must have use: train, there are ${String(count('train'))}`);
  if (count('submission_order') > 1) found.push('data: at most one source may have use: submission_order');
  if (recipe.data[recipe.predict.data]?.use !== 'test') {
    found.push(`predict.data: ${recipe.predict.data} is no source with use: test`);
  }
  if (recipe.post_pretrain !== undefined && recipe.data[recipe.post_pretrain.data]?.use !== 'post_pretrain') {
    found.push(`post_pretrain.data: ${recipe.post_pretrain.data} is no source with use: post_pretrain`);
  }
  for (const teacher of Object.keys(recipe.teachers)) {
    if (!Object.hasOwn(recipe.models, teacher))
      found.push(`teachers.${teacher}: no model of that name under models`);
  }
  if (!Object.hasOwn(recipe.models, recipe.student.base)) {
    found.push(`student.base: no model ${recipe.student.base} under models`);
  }
  for (const gate of ['merge', 'quantize'] as const) {
    if (recipe.gates[gate] !== undefined && recipe.folds.blind_fraction === 0) {
      found.push(`gates.${gate}: there are no blind rows to measure on; raise folds.blind_fraction`);
    }
  }
  if (recipe.controls.round_to_nearest === true && recipe.quantize.method === 'round_to_nearest') {
    found.push('controls.round_to_nearest: quantize.method rounds to nearest already');
  }
  if (recipe.training.head?.init === 'keep' && recipe.post_pretrain === undefined) {
    found.push('training.head.init: keep needs a post_pretrain whose head the folds go on with');
  }
  if (recipe.training.swap_answers === 'paired' && recipe.training.global_batch % 2 !== 0) {
    found.push(
      'training.global_batch: with swap_answers: paired a step holds whole pairs; write an even number',
    );
  }
  found.push(...stageFaults(recipe));
  if ((recipe.student.fit ?? 'folds') !== 'folds') found.push(...withoutFolds(recipe));
  if (recipe.student.labels === 'nested' && recipe.folds.count < 3) {
    found.push(
      'student.labels: nested holds out two folds at once and needs folds.count of 3 or more; raise it or use out_of_fold',
    );
  }
  if (
    recipe.student.labels === 'out_of_fold' &&
    recipe.student.selection === 'best_dev' &&
    Object.keys(recipe.teachers).length > 0
  ) {
    found.push(
      'student.selection: best_dev chooses by dev rows that the teachers of labels: out_of_fold have seen; use last, ema or labels: nested',
    );
  }
  for (const [name, { tiny }] of Object.entries(recipe.models)) {
    if (tiny.hidden_size % tiny.num_attention_heads !== 0) {
      found.push(
        `models.${name}.tiny.num_attention_heads: ${String(tiny.num_attention_heads)} does not divide hidden_size`,
      );
    }
    if (tiny.num_attention_heads % tiny.num_key_value_heads !== 0) {
      found.push(`models.${name}.tiny.num_key_value_heads: does not divide num_attention_heads`);
    }
    if (
      tiny.warm_up.on === 'latents' &&
      recipe.data[sourcesFor(recipe, 'train')[0] ?? '']?.synthetic === undefined
    ) {
      found.push(`models.${name}.tiny.warm_up.on: latents exist only for a synthetic train source; use text`);
    }
  }
  for (const source of Object.keys(recipe.student.losses.by_source ?? {})) {
    const use = recipe.data[source]?.use;
    if (use !== 'train' && use !== 'extra') {
      found.push(`student.losses.by_source.${source}: no source with use: train or extra has that name`);
    }
  }
  if (Object.keys(recipe.teachers).length === 0 && recipe.student.losses.cross_entropy === 0) {
    found.push('student.losses.cross_entropy: without teachers it is the only loss and cannot be 0');
  }
  return found;
}

/** What is wrong with the trainings of a student that has several. */
function stageFaults({ data, teachers, student: { stages = [], losses } }: Recipe): string[] {
  const { kl, cosine, js = 0, logit_mse = 0 } = losses;
  return stages.flatMap(({ data: sources, targets }, index) => {
    const place = `student.stages.${String(index)}`;
    const strange = sources.filter((name) => !['train', 'extra'].includes(data[name]?.use ?? ''));
    return [
      ...strange.map((name) => `${place}.data: ${name} is no source with use: train or extra`),
      ...(targets !== 'votes' && Object.keys(teachers).length === 0
        ? [`${place}.targets: there are no teachers; write votes`]
        : []),
      ...(targets === 'teachers' && kl + cosine + js + logit_mse === 0
        ? [`${place}.targets: student.losses has no loss of teachers above 0; write votes`]
        : []),
    ];
  });
}

/** What a recipe cannot ask for when its student holds out no fold. */
function withoutFolds({ student, teachers, controls, gates, folds }: Recipe): string[] {
  const inSample = (student.labels ?? 'in_sample') === 'in_sample';
  const faults = {
    'folds.blind_fraction: without student folds only blind rows measure anything; raise it':
      folds.blind_fraction === 0,
    'student.labels: nested labels the rows of a fold\u2019s student; use in_sample or out_of_fold with this fit':
      student.labels === 'nested',
    'student.selection: best_dev needs dev rows, which this fit trains on; use last or ema':
      student.selection === 'best_dev',
    'teachers: best_dev needs dev rows, which teachers of this fit train on in sample; use last or ema':
      inSample && Object.values(teachers).some(({ selection }) => selection === 'best_dev'),
    'controls.student_alone: it is measured by folds; use fit: folds': controls.student_alone,
    'controls.permuted_teachers: it is measured by folds; use fit: folds':
      controls.permuted_teachers === true,
    'gates.merge: it holds the merged student against single folds; use fit: folds':
      gates.merge !== undefined,
  };
  return Object.entries(faults).flatMap(([fault, found]) => (found ? [fault] : []));
}
