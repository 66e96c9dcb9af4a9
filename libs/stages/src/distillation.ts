import { DEFAULT_LABEL_POLICY, type Recipe } from '@nacre/contracts/recipe';

import { dataStages } from './data-stages.js';
import { pick, required, type Handles } from './handles.js';
import { assignLabelFolds } from './kinds/assign-label-folds.js';
import { costGate } from './kinds/cost-gate.js';
import { distil } from './kinds/distil.js';
import { exportLogits } from './kinds/export-logits.js';
import { makeBase } from './kinds/make-base.js';
import { measure } from './kinds/measure.js';
import { merge } from './kinds/merge.js';
import { permuteLogits } from './kinds/permute-logits.js';
import { plausibilityGate } from './kinds/plausibility-gate.js';
import { postPretrain } from './kinds/post-pretrain.js';
import { predict } from './kinds/predict.js';
import { quantize } from './kinds/quantize.js';
import { submit } from './kinds/submit.js';
import { synthesizeLatents } from './kinds/synthesize-latents.js';
import { tokenize } from './kinds/tokenize.js';
import { trainTeacher } from './kinds/train-teacher.js';
import { labelSets, type LabelSet } from './label-sets.js';
import type { StageHandle, StageRunner } from './stage-runner.js';
import { studentFits } from './student-fits.js';
import { studentStages } from './student-stages.js';
import { trainingParameters } from './training-parameters.js';

/** Where the results of a run come from. */
export interface DistillationOutcome {
  readonly measurement: StageHandle;
  readonly submission: StageHandle;
  readonly quantized: StageHandle;
}

/**
 * The whole recipe, once: bases, sources, folds, leak gate, tokens, post-pretraining, teachers,
 * their logits, students, merge, 8-bit weights, prediction, submission, and the logits by which
 * every step is measured. Both the workflow and the dry run execute this function; only the runner
 * differs. Asking for a stage never waits: a stage starts when what it reads is there.
 *
 * Which teachers label the rows of a student is the recipe's `student.labels`: labelSets names them,
 * and the student's training refuses logits of any other.
 */
export async function distillation(recipe: Recipe, runner: StageRunner): Promise<DistillationOutcome> {
  const { labels, training } = recipe;
  const policy = recipe.student.labels ?? DEFAULT_LABEL_POLICY;
  const learnt = policy === 'in_sample' ? {} : { label_policy: policy };
  const teachers = Object.keys(recipe.teachers);

  const data = await dataStages(recipe, runner);
  const { prepared, trainSource, extraSources, testSource, postPretrainSource, split, gate, order } = data;
  const rowSources = [trainSource, ...extraSources];
  const after = [gate, ...Object.values(order)];

  // Bases, their tokens, and the adapters that post-pretraining gives them.
  const models = [...new Set([...teachers, recipe.student.base])];
  const bases: Handles = {};
  const started: Record<string, Handles> = {};
  const trainTokens: Record<string, Handles> = {};
  const tokens = (model: string, source: string, max_tokens: number): StageHandle =>
    runner.run(tokenize, {
      name: `tokenize/${model}/${source}`,
      model,
      parameters: { labels, ...recipe.prompt, max_tokens },
      inputs: { base: required(bases, model), comparisons: required(prepared, source) },
    });
  for (const model of models) {
    const { tiny } = required(recipe.models, model);
    const latents: Handles =
      tiny.warm_up.on === 'latents'
        ? {
            latents: runner.run(synthesizeLatents, {
              name: `latents/${model}`,
              model,
              parameters: { rows: tiny.warm_up.rows, seed: tiny.seed, labels },
              inputs: {},
            }),
          }
        : {};
    bases[model] = runner.run(makeBase, {
      name: `base/${model}`,
      model,
      parameters: { labels, tiny },
      inputs: { [`text-${trainSource}`]: required(prepared, trainSource), ...latents },
      after,
    });
    trainTokens[model] = Object.fromEntries(
      rowSources.map((source) => [`tokens-${source}`, tokens(model, source, recipe.prompt.max_tokens)]),
    );
    started[model] = { base: required(bases, model) };
    if (recipe.post_pretrain !== undefined && postPretrainSource !== undefined) {
      const { epochs, learning_rate, gpus } = recipe.post_pretrain;
      started[model] = {
        base: required(bases, model),
        adapter: runner.run(postPretrain, {
          name: `post-pretrain/${model}`,
          model,
          gpus,
          parameters: trainingParameters(recipe, 'post_pretrain', null, { epochs, learning_rate }, []),
          inputs: {
            base: required(bases, model),
            [`tokens-${postPretrainSource}`]: tokens(model, postPretrainSource, recipe.prompt.max_tokens),
          },
          after,
        }),
      };
    }
  }

  // Per fold: the teachers that label its rows, their logits, the student that learns from both.
  const student = recipe.student.base;
  const labelFolds: Handles =
    policy === 'in_sample' || teachers.length === 0
      ? {}
      : {
          'label-folds': runner.run(assignLabelFolds, {
            name: 'label-folds',
            parameters: { count: recipe.folds.count, seed: recipe.folds.seed, labels },
            inputs: { folds: split },
          }),
        };
  // Without extra rows every label fold is a dev fold: then teachers are the same under in_sample.
  const teacherFolds = { folds: split, ...(extraSources.length > 0 ? labelFolds : {}) };
  const asked: Handles = {};
  const teacherLogits = (teacher: string, { heldOut, title }: LabelSet) => {
    const [fold = null, second_fold] = heldOut;
    const name = `${teacher}/${title}`;
    const earlier = asked[name];
    if (earlier !== undefined) return earlier;
    const rows = { ...required(trainTokens, teacher), ...teacherFolds };
    const pair = second_fold === undefined ? {} : { second_fold };
    const settings = required(recipe.teachers, teacher);
    const adapter = runner.run(trainTeacher, {
      name: `teacher/${name}`,
      model: teacher,
      ...ofFold(fold),
      gpus: settings.gpus,
      parameters: { ...trainingParameters(recipe, 'teacher', fold, settings, []), ...pair },
      inputs: { ...required(started, teacher), ...rows },
      after,
    });
    const choice = policy === 'in_sample' ? 'all' : 'held_out';
    return (asked[name] = runner.run(exportLogits, {
      name: `logits/${name}`,
      model: teacher,
      ...ofFold(fold),
      parameters: { labels, rows: choice, fold, ...pair, prompt: recipe.prompt, dtype: training.dtype },
      inputs: { base: required(bases, teacher), adapter, ...rows },
    }));
  };
  const adapters: Handles = {};
  const logits: Handles = {};
  for (const [index, fit] of studentFits(recipe).entries()) {
    const { fold } = fit;
    const targets: Handles = { ...labelFolds };
    const permuted: Handles = { ...labelFolds };
    for (const teacher of teachers) {
      for (const set of labelSets(policy, fold, recipe.folds.count)) {
        const exported = teacherLogits(teacher, set);
        targets[`logits-${teacher}${set.input}`] = exported;
        if (set.measured !== null) logits[`teacher.${teacher}${set.measured}`] = exported;
        if (recipe.controls.permuted_teachers !== true || fold === null) continue;
        permuted[`logits-${teacher}${set.input}`] = runner.run(permuteLogits, {
          name: `permuted-logits/fold-${String(fold)}/${teacher}/${set.title}`,
          model: teacher,
          fold,
          parameters: { labels, fold, seed: training.seed },
          inputs: { logits: exported, folds: split },
        });
      }
    }
    const arms = [
      { arm: 'student', teachers, targets },
      ...(recipe.controls.student_alone && teachers.length > 0
        ? [{ arm: 'student_alone', teachers: [], targets: {} }]
        : []),
      ...(recipe.controls.permuted_teachers === true && teachers.length > 0
        ? [{ arm: 'permuted_teachers', teachers, targets: permuted }]
        : []),
    ];
    for (const { arm, teachers: from, targets: read } of arms) {
      const rows = { ...required(trainTokens, student), folds: split };
      const title = arm.replace('_', '-');
      const starts: Handles = { ...required(started, student) };
      for (const { suffix, settings, teachers: by, changes } of studentStages(recipe, from, fit)) {
        starts['adapter'] = runner.run(distil, {
          name: `${title}/${fit.title}${suffix}`,
          model: student,
          ...ofFold(fold),
          gpus: recipe.student.gpus,
          parameters: { ...trainingParameters(recipe, 'student', fold, settings, by), ...changes },
          inputs: { ...starts, ...rows, ...(by.length > 0 ? read : {}) },
          after,
        });
      }
      const adapter = required(starts, 'adapter');
      if (arm === 'student') adapters[`adapter-${String(index)}`] = adapter;
      // Of a student that holds out no fold only blind rows could tell, and the merged one is asked those.
      if (fold === null) continue;
      logits[`${arm}.${student}.${String(fold)}`] = runner.run(exportLogits, {
        name: `evaluate/${title}/${fit.title}`,
        model: student,
        fold,
        parameters: { labels, rows: 'dev_and_blind', fold, prompt: recipe.prompt, dtype: training.dtype },
        inputs: { base: required(bases, student), adapter, ...rows },
      });
    }
  }

  // One student out of the folds, in 8 bits.
  const rows = { ...required(trainTokens, student), folds: split };
  const merged = runner.run(merge, {
    name: 'merge',
    model: student,
    parameters: recipe.merge,
    inputs: {},
    optionalInputs: adapters,
  });
  const evaluateMerged = () =>
    runner.run(exportLogits, {
      name: 'evaluate/merged',
      model: student,
      parameters: { labels, rows: 'blind', fold: null, prompt: recipe.prompt, dtype: training.dtype },
      inputs: { base: required(bases, student), adapter: merged, ...rows },
    });
  // A gate that the recipe does not have lets everything through.
  const costGateOf = (
    gate: 'merge' | 'quantize',
    watched: readonly string[],
    parts: Handles,
  ): StageHandle[] => {
    const limit = recipe.gates[gate];
    if (limit === undefined) return [];
    return [
      runner.run(costGate, {
        name: `gate/${gate}`,
        parameters: { ...limit, labels, folds: recipe.folds.count, gate },
        inputs: { folds: split, ...pick(logits, watched, '') },
        optionalInputs: parts,
      }),
    ];
  };
  if (recipe.gates.merge !== undefined) logits['merged'] = evaluateMerged();
  const students = Object.entries(logits).filter(([input]) => input.startsWith('student.'));
  const mergeGate = costGateOf('merge', ['merged'], Object.fromEntries(students));
  const { method, group_size, calibration_rows, damping } = recipe.quantize;
  const eightBit = { labels, method, group_size, calibration_rows, damping, seed: training.seed };
  const quantized = runner.run(quantize, {
    name: 'quantize',
    model: student,
    parameters: eightBit,
    inputs: { base: required(bases, student), adapter: merged, ...rows },
    after: mergeGate,
  });
  if (recipe.folds.blind_fraction > 0) {
    logits['merged'] ??= evaluateMerged();
    logits['quantized'] = runner.run(predict, {
      name: 'evaluate/quantized',
      model: student,
      parameters: { labels, rows: 'blind', orders: 'both' },
      inputs: { model: quantized, ...rows },
    });
    if (recipe.controls.round_to_nearest === true) {
      const nearest = runner.run(quantize, {
        name: 'round-to-nearest',
        model: student,
        parameters: { ...eightBit, method: 'round_to_nearest' },
        inputs: { base: required(bases, student), adapter: merged, ...rows },
        after: mergeGate,
      });
      logits['round_to_nearest'] = runner.run(predict, {
        name: 'evaluate/round-to-nearest',
        model: student,
        parameters: { labels, rows: 'blind', orders: 'as_given' },
        inputs: { model: nearest, ...rows },
      });
    }
  }
  const quantizeGate = costGateOf('quantize', ['merged', 'quantized'], {});

  // Prediction, submission, and every reported number.
  const prediction = runner.run(predict, {
    name: 'predict',
    model: student,
    parameters: { labels, rows: 'all', orders: recipe.predict.orders },
    inputs: {
      model: quantized,
      [`tokens-${testSource}`]: tokens(student, testSource, recipe.predict.max_tokens),
    },
    after: quantizeGate,
  });
  const gates = Object.fromEntries(
    (['merge', 'quantize'] as const).flatMap((name) =>
      recipe.gates[name] ? [[name, recipe.gates[name]]] : [],
    ),
  );
  const onDev = selectedOnDev(recipe);
  const measurement = runner.run(measure, {
    name: 'measure',
    parameters: {
      ...{ labels, folds: recipe.folds.count, ...learnt },
      ...(onDev.length > 0 && { selected_on_dev: onDev }),
      ...(Object.keys(gates).length > 0 && { gates }),
    },
    inputs: { folds: split, comparisons: required(prepared, trainSource) },
    optionalInputs: logits,
  });
  const { plausibility } = recipe.gates;
  const plausible =
    plausibility === undefined
      ? []
      : [
          runner.run(plausibilityGate, {
            name: 'plausibility-gate',
            parameters: plausibility,
            inputs: { measurement },
          }),
        ];
  const submission = runner.run(submit, {
    name: 'submit',
    parameters: { labels, orders: recipe.predict.orders },
    inputs: {
      logits: prediction,
      comparisons: required(prepared, testSource),
      ...order,
    },
    after: plausible,
  });
  return { measurement, submission, quantized };
}

/** The fold that a stage's name and progress are of; a stage without one holds out none. */
function ofFold(fold: number | null): { readonly fold?: number } {
  return fold === null ? {} : { fold };
}

/** Roles whose weights are chosen by dev rows. */
function selectedOnDev({ student, teachers, controls }: Recipe) {
  const students = student.selection === 'best_dev';
  const chosen = {
    teacher: Object.values(teachers).some(({ selection }) => selection === 'best_dev'),
    student: students,
    student_alone: students && controls.student_alone,
    permuted_teachers: students && controls.permuted_teachers === true,
  };
  return (['teacher', 'student', 'student_alone', 'permuted_teachers'] as const).filter(
    (role) => chosen[role],
  );
}
