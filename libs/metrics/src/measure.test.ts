import { measurementSchema } from '@nacre/contracts/measurement';
import { describe, expect, it } from 'vitest';

import { measure } from './measure.js';
import { blind, foldModels, logits, measured as input, rows } from './measurement-input.fixture.js';
import type { MeasurementInput } from './measurement-input.js';

function stepOf(measurement: ReturnType<typeof measure>, name: string) {
  const step = measurement.waterfall.find((each) => each.step === name);
  if (step === undefined) throw new Error(`no step ${name}`);
  return step;
}

describe('the measurement of a run', () => {
  const measurement = measure(input);

  it('is a valid document with the steps of the waterfall in order', () => {
    expect(() => measurementSchema.parse(measurement)).not.toThrow();
    expect(measurement.waterfall.map(({ step }) => step)).toEqual([
      'prior',
      'student_alone',
      'teachers',
      'student',
      'single_fold',
      'merged',
      'quantized',
      'both_orders',
    ]);
    expect(measurement.skipped_folds).toEqual([]);
    expect(measurement.notes).toEqual([]);
  });

  it('scores each model on the dev rows of its own fold', () => {
    expect(measurement.folds).toHaveLength(12);
    const cell = measurement.folds.find((each) => each.model === 'qwen' && each.fold === 1);
    expect(cell?.score?.rows).toBe(20);
    expect(cell?.score?.log_loss).toBeCloseTo(-Math.log(0.9), 12);
  });

  it('scores every step by hand-computed losses', () => {
    expect(stepOf(measurement, 'prior').blind?.log_loss).toBeCloseTo(Math.log(3), 12);
    expect(stepOf(measurement, 'student_alone').out_of_fold?.log_loss).toBeCloseTo(-Math.log(0.5), 12);
    // The mean of probabilities .7 and .9, not of losses.
    expect(stepOf(measurement, 'teachers').blind?.log_loss).toBeCloseTo(-Math.log(0.8), 12);
    expect(stepOf(measurement, 'student').out_of_fold?.rows).toBe(60);
    expect(stepOf(measurement, 'quantized').blind?.log_loss).toBeCloseTo(-Math.log(0.72), 12);
    expect(stepOf(measurement, 'both_orders').blind?.log_loss).toBeCloseTo(-Math.log(0.74), 12);
    expect(stepOf(measurement, 'merged').out_of_fold).toBeNull();
  });

  it('compares each step with the step before it and with the prior, and the student with the student alone, on blind rows', () => {
    expect(stepOf(measurement, 'prior').differences).toEqual([]);
    expect(stepOf(measurement, 'student_alone').differences.map(({ to }) => to)).toEqual(['prior']);
    expect(stepOf(measurement, 'student').differences.map(({ to }) => to)).toEqual([
      'teachers',
      'student_alone',
      'prior',
    ]);
    const [before, alone, prior] = stepOf(measurement, 'student').differences;
    expect(before?.value).toBeCloseTo(Math.log(0.8) - Math.log(0.75), 12);
    // The student alone gives .5 to each vote here.
    expect(alone?.value).toBeCloseTo(-Math.log(0.75) + Math.log(0.5), 12);
    expect(prior?.value).toBeCloseTo(-Math.log(0.75) - Math.log(3), 12);
    expect(prior?.rows).toBe(60);
  });

  it('measures swap inconsistency on P(model_a): .04 on the third that A won, .02 on the others', () => {
    expect(measurement.swap_inconsistency).toBeCloseTo((0.04 + 0.02 + 0.02) / 3, 12);
  });

  it('does not depend on the order of any table', () => {
    const reversed: MeasurementInput = {
      ...input,
      rows: [...rows].reverse(),
      models: input.models.map((model) => ({ ...model, rows: [...(model.rows ?? [])].reverse() })),
      merged: [...(input.merged ?? [])].reverse(),
    };
    const again = measure(reversed);
    expect(again.folds).toEqual(measurement.folds);
    // A mean over models may be summed in another order.
    expect(stepOf(again, 'student').blind?.log_loss).toBeCloseTo(
      stepOf(measurement, 'student').blind?.log_loss ?? 0,
      12,
    );
  });

  it('does not score training, extra and swapped rows that stand among the logits', () => {
    const models = input.models.map((model) =>
      model.model === 'llama'
        ? { ...model, rows: [...logits(0.7, () => true), ...logits(0.1, () => true, true)] }
        : model,
    );
    expect(measure({ ...input, models }).folds).toEqual(measurement.folds);
  });
});

describe('a measurement under the label policy out_of_fold', () => {
  const measurement = measure({ ...input, labelPolicy: 'out_of_fold' });
  const usual = measure(input);

  it('shows the scores that teachers have spoilt, names them, and says that only blind rows count', () => {
    expect(() => measurementSchema.parse(measurement)).not.toThrow();
    expect(measurement).toMatchObject({ label_policy: 'out_of_fold', contaminated: ['student'] });
    expect(measurement.waterfall).toEqual(usual.waterfall);
    expect(measurement.notes[0]).toMatch(/^Labels are out of fold: .* Only blind rows measure it\.$/);
  });

  it('fits no calibration on them, and still one on the teachers', () => {
    expect(new Set(usual.calibrations.map(({ fitted_on }) => fitted_on))).toEqual(
      new Set(['teachers', 'student']),
    );
    expect(new Set(measurement.calibrations.map(({ fitted_on }) => fitted_on))).toEqual(
      new Set(['teachers']),
    );
  });

  it('spoils nothing under nested, nor of a student alone', () => {
    expect(measure({ ...input, labelPolicy: 'nested' }).contaminated).toBeUndefined();
    expect(usual.contaminated).toBeUndefined();
    const models = foldModels('gemma', 'student_alone', 0.5);
    expect(measure({ ...input, models, labelPolicy: 'out_of_fold' }).contaminated).toBeUndefined();
  });
});

describe('a measurement of weights that dev rows have chosen', () => {
  it('marks the roles as optimistic, says so, and changes no number', () => {
    const { optimistic, notes, ...numbers } = measure({ ...input, selectedOnDev: ['student'] });
    const { notes: usual, ...same } = measure(input);
    expect(optimistic).toEqual(['student']);
    expect(notes).toEqual([expect.stringMatching(/^Weights of student .* optimistic/), ...usual]);
    expect(numbers).toEqual(same);
  });
});

describe('a measurement of a student that holds out no fold', () => {
  it('scores what was merged on blind rows, against the prior and nothing else', () => {
    const whole = measure({ ...input, models: [] });
    expect(() => measurementSchema.parse(whole)).not.toThrow();
    expect(whole.folds).toEqual([]);
    expect(whole.skipped_folds).toEqual([]);
    const steps = whole.waterfall.map(({ step }) => step);
    expect(steps).toEqual(['prior', 'merged', 'quantized', 'both_orders']);
    expect(stepOf(whole, 'merged').blind).toEqual(stepOf(measure(input), 'merged').blind);
    expect(stepOf(whole, 'merged').differences.map(({ to }) => to)).toEqual(['prior']);
  });
});

describe('a measurement of less than everything', () => {
  it('names a skipped fold and compares the steps on the folds that are left', () => {
    const models = input.models.map((model) =>
      model.model === 'qwen' && model.fold === 2 ? { ...model, rows: null } : model,
    );
    const measurement = measure({ ...input, models });
    expect(measurement.skipped_folds).toEqual([2]);
    expect(measurement.notes[0]).toBe('Fold 2 of teacher qwen is missing: it was skipped.');
    expect(measurement.notes[1]).toContain('folds 0, 1');
    expect(measurement.folds.find((each) => each.model === 'qwen' && each.fold === 2)?.score).toBeNull();
    expect(measurement.waterfall.map(({ out_of_fold }) => out_of_fold?.rows)).toEqual([
      40,
      40,
      40,
      40,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(stepOf(measurement, 'teachers').blind?.rows).toBe(60);
  });

  it('counts a fold that was never started as skipped', () => {
    const measurement = measure({ ...input, models: input.models.filter((model) => model.fold === 0) });
    expect(measurement.skipped_folds).toEqual([1, 2]);
  });

  it('has no score for models that saw all folds when nothing is blind, and says so', () => {
    const measurement = measure({
      ...input,
      rows: rows.filter((row) => !row.blind),
      models: input.models.map((model) => ({
        ...model,
        rows: logits(0.6, (row) => row.fold === model.fold),
      })),
      merged: [],
      quantized: [],
    });
    expect(stepOf(measurement, 'merged').blind).toBeNull();
    expect(stepOf(measurement, 'student').out_of_fold?.rows).toBe(60);
    expect(stepOf(measurement, 'student').differences).toEqual([]);
    expect(measurement.notes).toHaveLength(1);
    expect(measurement.notes[0]).toContain('no blind rows');
    expect(
      measure({ ...input, rows: rows.filter((row) => !row.blind), models: [], merged: null, quantized: null })
        .notes,
    ).toEqual(measurement.notes);
  });

  it('leaves out steps that the run does not have', () => {
    const measurement = measure({
      ...input,
      models: foldModels('gemma', 'student', 0.75),
      merged: null,
      quantized: logits(0.7, blind),
    });
    expect(measurement.waterfall.map(({ step }) => step)).toEqual([
      'prior',
      'student',
      'single_fold',
      'quantized',
    ]);
    expect(measurement.swap_inconsistency).toBeNull();
    expect(measurement.notes).toEqual(['The merged model is missing: its stage was skipped.']);
  });

  it('says that a model ended at the prior, and that one is worse', () => {
    const measurement = measure({ ...input, merged: logits(1 / 3, blind), quantized: logits(0.1, blind) });
    expect(measurement.notes[0]).toMatch(
      /^Merged is not better than the prior on blind rows: .* includes 0\.$/,
    );
    expect(measurement.notes[1]).toMatch(/^8-bit is worse than the prior/);
  });

  it('warns of intervals from few prompt groups', () => {
    const measurement = measure({
      ...input,
      rows: rows.map((row) => ({ ...row, prompt_group: `${row.fold}` })),
    });
    expect(measurement.notes[0]).toContain('Only 1 prompt groups');
  });
});

describe('logits that do not fit the folds', () => {
  it('are refused by the name of the row: missing, unknown, twice', () => {
    expect(() => measure({ ...input, merged: input.merged?.slice(1) ?? [] })).toThrow(
      /train:60 .*not in the predictions/,
    );
    const foreign = { example_id: 'test:9', swapped: false, logits: [0, 0, 0] };
    expect(() => measure({ ...input, merged: [...(input.merged ?? []), foreign] })).toThrow(
      /test:9 .*not in the folds/,
    );
    expect(() => measure({ ...input, merged: [...(input.merged ?? []), ...(input.merged ?? [])] })).toThrow(
      /train:60 is twice/,
    );
  });

  it('are refused when a swapped row is missing, a model is there twice or of an unknown fold', () => {
    expect(() => measure({ ...input, quantized: input.quantized?.slice(0, -1) ?? [] })).toThrow(/train:119/);
    expect(() =>
      measure({ ...input, models: [...input.models, ...foldModels('gemma', 'student', 0.5)] }),
    ).toThrow('student gemma is given twice for fold 0');
    const astray = { model: 'gemma', role: 'student', fold: 7, rows: [] } as const;
    expect(() => measure({ ...input, models: [astray] })).toThrow(/fold 7, which has no dev rows/);
  });

  it('are refused when the folds name an example twice', () => {
    expect(() => measure({ ...input, rows: [...rows, ...rows] })).toThrow('train:0 is twice in the folds');
  });
});
