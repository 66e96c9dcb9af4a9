import { canonicalDigest, contentId, type ArtifactReference, type Manifest } from '@nacre/contracts/artifact';
import { resolveRecipe, type Recipe } from '@nacre/contracts/recipe';
import type { StageState } from '@nacre/contracts/run';
import { goodputOf, measure, type FoldLogits, type FoldRow, type LogitRow } from '@nacre/metrics';
import { dryRun, type PlannedStage } from '@nacre/stages';

import type { ReportInput } from '../report-input.js';
import { draw } from './draw.js';
import { sampleAttempts } from './sample-attempts.js';
import { sampleTruncation } from './sample-truncation.js';

/** What a sample run is to look like. */
export interface SampleRun {
  readonly labels?: Recipe['labels'];
  readonly name?: string;
}

const BEGIN = Date.UTC(2026, 10, 25, 9, 30);
const RUN = '0199c4a1-5e1e-7d50-9a40-0c9b3e2f7a11';

/**
 * The report of a made-up run of the demo's shape, for tests and for looking at the page: stages from the real
 * recipe function, numbers from the real measurement of drawn logits. No model was trained.
 */
export async function sampleRun({ labels, name = 'demo' }: SampleRun = {}): Promise<ReportInput> {
  const recipe = sampleRecipe(name, labels ?? ['model_a', 'model_b', 'tie']);
  const planned = await dryRun(recipe);
  const stages = planned.map((stage, index) => stageState(stage, index));
  const states = timed(stages);
  return {
    recipe,
    progress: {
      workflow_id: `${name}-3fa4c1d2`,
      run_id: RUN,
      recipe_name: name,
      state: 'succeeded',
      stages: states,
      waits_for: [],
      message: null,
    },
    measurement: { ...sampleMeasurement(recipe), blind_looks: 3 },
    goodput: goodputOf(sampleAttempts(states)),
    histories: planned
      .filter(({ kind }) => ['post_pretrain', 'train_teacher', 'distil'].includes(kind))
      .map(({ name: stage }, index) => ({ stage, history: { steps: lossCurve(index) } })),
    counts: sampleCounts(recipe),
    leak: {
      red: 0,
      overlaps: [
        { same: 'pair', set: 'train', other: 'test', rows: 0, red: true },
        { same: 'prompt', set: 'train', other: 'extra', rows: 31, red: false },
        { same: 'prompt', set: 'train', other: 'test', rows: 4, red: false },
        { same: 'near_prompt', set: 'test', other: 'train', rows: 2, red: false },
      ],
      worst: [],
      nearest: [
        { ids: ['test:17', 'train:803'], similarity: 0.92 },
        { ids: ['test:140', 'train:22'], similarity: 0.71 },
      ],
      split: [{ rows: 24, prompts: 21, example_id: 'train:64' }],
    },
    manifests: planned.map((stage) => ({ stage: stage.name, manifest: manifestOf(stage, states) })),
    links: [
      { title: 'submission.csv', href: 'submission.csv' },
      { title: 'metrics.json', href: 'metrics.json' },
      { title: 'recipe.resolved.yaml', href: 'recipe.resolved.yaml' },
    ],
  };
}

function sampleRecipe(name: string, labels: Recipe['labels']): Recipe {
  const tiny = (family: 'llama' | 'qwen2' | 'gemma2') => ({ tiny: { family } });
  return resolveRecipe({
    nacre: 1,
    name,
    labels,
    data: {
      train: { synthetic: { rows: 1200, seed: 11 } },
      extra: { synthetic: { rows: 300, seed: 12 } },
      ut: { synthetic: { rows: 400, seed: 13 } },
      test: { synthetic: { rows: 200, seed: 14 } },
    },
    folds: { count: 3, blind_fraction: 0.15 },
    models: { 'llama-tiny': tiny('llama'), 'qwen2-tiny': tiny('qwen2'), 'gemma2-tiny': tiny('gemma2') },
    post_pretrain: { data: 'ut' },
    teachers: { 'llama-tiny': {}, 'qwen2-tiny': {} },
    student: { base: 'gemma2-tiny' },
    controls: { student_alone: true, permuted_teachers: true, round_to_nearest: true },
    gates: { merge: { max_log_loss_rise: 0.003, otherwise: 'report' } },
  });
}

function sampleMeasurement({ labels, folds, student, gates }: Recipe) {
  const rows = Array.from({ length: 1200 }, (_, index): FoldRow => {
    const blind = index % 7 === 0;
    return {
      example_id: `train:${index}`,
      label: labels[Math.floor(draw(`vote ${index}`) * labels.length)] ?? 'model_a',
      prompt_group: `prompt ${Math.floor(index / 1.2)}`,
      fold: blind ? -1 : index % folds.count,
      blind,
    };
  });
  const logits = (
    model: string,
    skill: number,
    wanted: (row: FoldRow) => boolean,
    swapped = false,
  ): LogitRow[] =>
    rows.filter(wanted).map((row) => {
      const given = labels.map(
        (label) =>
          (label === row.label ? skill : 0) + 3 * (draw(`${model} ${row.example_id} ${label}`) - 0.5),
      );
      const [first = 0, second = 0, ...rest] = given;
      return {
        example_id: row.example_id,
        swapped,
        logits: swapped ? [second, first + 0.25, ...rest] : given,
      };
    });
  const models = (model: string, role: FoldLogits['role'], skill: number): FoldLogits[] =>
    Array.from({ length: folds.count }, (_, fold) => ({
      model,
      role,
      fold,
      rows: logits(`${model} ${role} ${fold}`, skill, (row) => row.fold === fold || row.blind),
    }));
  const blind = (row: FoldRow) => row.blind;
  return measure({
    labels,
    rows,
    models: [
      ...models('llama-tiny', 'teacher', 0.75),
      ...models('qwen2-tiny', 'teacher', 0.9),
      ...models(student.base, 'student_alone', 0.45),
      ...models(student.base, 'permuted_teachers', 0.41),
      ...models(student.base, 'student', 0.72),
    ],
    merged: logits('merged', 0.74, blind),
    roundToNearest: logits('merged', 0.73, blind),
    quantized: [...logits('merged', 0.738, blind), ...logits('merged', 0.738, blind, true)],
    lengths: new Map(
      rows.map(({ example_id }) => [
        example_id,
        {
          response_a: Math.floor(2000 * draw(`a ${example_id}`)),
          response_b: Math.floor(2000 * draw(`b ${example_id}`)),
        },
      ]),
    ),
    gates: gates.merge === undefined ? {} : { merge: gates.merge },
  });
}

function lossCurve(index: number) {
  return Array.from({ length: 38 }, (_, step) => ({
    step: step + 1,
    loss: 0.86 + 0.27 * Math.exp(-step / 11) + 0.06 * (draw(`loss ${index} ${step}`) - 0.5),
    learning_rate: 1e-4 * Math.cos((step / 38) * (Math.PI / 2)),
    rows: 64,
  }));
}

function sampleCounts({ data, labels, folds }: Recipe): ReportInput['counts'] {
  const prepared = Object.entries(data).map(([name, { synthetic, use }], index) => {
    const rows = synthetic?.rows ?? 0;
    const votes =
      use === 'test'
        ? []
        : labels.map((label) => [`label_${label}`, Math.floor(rows / labels.length)] as const);
    const repaired = { surrogates_repaired: index, null_turns: 2 * index };
    return {
      stage: `prepare/${name}`,
      counts: { rows_read: rows + index, rows, duplicates: index, ...repaired, ...Object.fromEntries(votes) },
    };
  });
  const perFold = Array.from({ length: folds.count }, (_, fold) => [
    [`fold_${fold}_rows`, 342 + fold] as const,
    ...labels.map((label) => [`fold_${fold}_${label}`, Math.floor((342 + fold) / labels.length)] as const),
  ]).flat();
  const whole = {
    train_rows: 1200,
    train_prompts: 1000,
    blind_rows: 172,
    extra_rows: 300,
    extra_held_out_of_some: 31,
  };
  return [...prepared, { stage: 'folds', counts: { ...whole, ...Object.fromEntries(perFold) } }];
}

function stageState({ name, kind, pool, model, fold, needs, key }: PlannedStage, index: number): StageState {
  const artifact: ArtifactReference = {
    kind,
    manifest_id: canonicalDigest(`manifest ${key}`),
    content_id: contentId(kind, []),
    metrics: {},
  };
  return {
    name,
    kind,
    model,
    fold,
    state: index < 5 ? 'hit' : 'done',
    queue: pool === 'gpu' ? 'nacre-gpu-local' : 'nacre-data',
    needs: [...needs],
    message: null,
    attempt: index < 5 ? 0 : name === 'teacher/qwen2-tiny/fold-1' ? 2 : 1,
    started_at: null,
    ended_at: null,
    artifact,
  };
}

/** One CPU-class stage at a time and one GPU-class stage at a time, each after what it needs. */
function timed(stages: readonly StageState[]): StageState[] {
  const ends = new Map<string, number>();
  const free = new Map<string, number>();
  return stages.map((stage) => {
    const ready = Math.max(
      BEGIN,
      free.get(stage.queue) ?? 0,
      ...stage.needs.map((need) => ends.get(need) ?? BEGIN),
    );
    const seconds = stage.state === 'hit' ? 0 : stage.kind === 'tokenize' ? 1.5 : 2 + 11 * draw(stage.name);
    const end = ready + seconds * 1000;
    ends.set(stage.name, end);
    free.set(stage.queue, end);
    return { ...stage, started_at: ready, ended_at: end };
  });
}

function manifestOf(
  { name, kind, key, needs, parameters }: PlannedStage,
  states: readonly StageState[],
): Manifest {
  const state = states.find((each) => each.name === name);
  const manifestOfName = (need: string) =>
    states.find((each) => each.name === need)?.artifact?.manifest_id ?? key;
  return {
    nacre_manifest: 1,
    kind,
    content_id: contentId(kind, []),
    created_at: new Date(state?.ended_at ?? BEGIN).toISOString(),
    created_by: {
      workflow_id: 'demo-3fa4c1d2',
      run_id: state?.state === 'hit' ? '0199c100-0000-7000-8000-000000000000' : RUN,
      term: 1,
      git_commit: canonicalDigest('commit').slice(0, 40),
      stage: name,
      stage_key: key,
      stage_version: 1,
    },
    environment:
      state?.queue === 'nacre-data'
        ? { node: '22.12.0', duckdb: '1.5.4' }
        : { torch: '2.13.0', device: 'cpu', instruction_set: 'AVX2', threads: 1 },
    parameters: parameters as Manifest['parameters'],
    inputs: Object.fromEntries(needs.map((need) => [need.replaceAll('/', '-'), manifestOfName(need)])),
    files: [],
    metrics: kind === 'tokenize' ? sampleTruncation(name) : {},
  };
}
