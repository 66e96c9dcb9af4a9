import { measurementSchema } from '@nacre/contracts/measurement';
import { describe, expect, it } from 'vitest';

import { measure } from './measure.js';
import { blind, foldModels, logits, measured, rows } from './measurement-input.fixture.js';
import type { FoldLogits, MeasurementInput } from './measurement-input.js';
import { orders } from './orders.js';
import type { LogitRow } from './rows.js';
import { applyScaling, fitScaling } from './scaling.js';
import { score } from './score.js';
import { withVotes } from './with-votes.js';

type Measured = ReturnType<typeof measure>;

function differencesOf({ waterfall }: Measured, name: string) {
  const found = waterfall.find(({ step }) => step === name)?.differences ?? [];
  return new Map(found.map(({ to, value }) => [to, value]));
}

/** The fold's student gives its votes the probability of its place here. */
const uneven = (probabilities: readonly number[]): FoldLogits[] =>
  probabilities.map((p, fold) => ({
    model: 'gemma',
    role: 'student',
    fold,
    rows: logits(p, (row) => row.fold === fold || row.blind),
  }));

describe('the merged model', () => {
  const measurement = measure({ ...measured, models: uneven([0.4, 0.6, 0.8]), merged: logits(0.61, blind) });

  it('is held against a single fold and against the mean of the folds’ probabilities, by hand', () => {
    const single = -(Math.log(0.4) + Math.log(0.6) + Math.log(0.8)) / 3;
    const step = measurement.waterfall.find((each) => each.step === 'single_fold');
    expect(step?.title).toBe('Single fold, mean of 3');
    expect(step?.blind?.log_loss).toBeCloseTo(single, 12);
    const differences = differencesOf(measurement, 'merged');
    expect(differences.get('single_fold')).toBeCloseTo(-Math.log(0.61) - single, 12);
    expect(differences.get('student')).toBeCloseTo(-Math.log(0.61) + Math.log(0.6), 12);
    // A mean of probabilities is never worse than its parts are on average.
    expect(differencesOf(measurement, 'single_fold').get('student')).toBeCloseTo(single + Math.log(0.6), 12);
  });

  it('is one of the folds that are left where one was skipped', () => {
    const [first, ...others] = uneven([0.4, 0.6, 0.8]);
    const models = [...others, ...(first ? [{ ...first, rows: null }] : [])];
    const { waterfall } = measure({ ...measured, models });
    const step = waterfall.find((each) => each.step === 'single_fold');
    expect(step?.title).toBe('Single fold, mean of 2');
    expect(step?.blind?.log_loss).toBeCloseTo(-(Math.log(0.6) + Math.log(0.8)) / 2, 12);
  });
});

describe('a control', () => {
  const measurement = measure({
    ...measured,
    models: [...measured.models, ...foldModels('gemma', 'permuted_teachers', 0.45)],
    roundToNearest: logits(0.71, blind),
  });

  it('is a step of its own, before what it controls', () => {
    expect(() => measurementSchema.parse(measurement)).not.toThrow();
    expect(measurement.waterfall.map(({ step }) => step)).toEqual([
      'prior',
      'student_alone',
      'permuted_teachers',
      'teachers',
      'student',
      'single_fold',
      'merged',
      'round_to_nearest',
      'quantized',
      'both_orders',
    ]);
  });

  it('is what the step is held against, by hand', () => {
    const student = differencesOf(measurement, 'student');
    expect([...student.keys()]).toEqual(['teachers', 'student_alone', 'permuted_teachers', 'prior']);
    expect(student.get('permuted_teachers')).toBeCloseTo(Math.log(0.45) - Math.log(0.75), 12);
    const quantized = differencesOf(measurement, 'quantized');
    expect([...quantized.keys()]).toEqual(['round_to_nearest', 'merged', 'prior']);
    expect(quantized.get('round_to_nearest')).toBeCloseTo(Math.log(0.71) - Math.log(0.72), 12);
    expect(quantized.get('merged')).toBeCloseTo(Math.log(0.74) - Math.log(0.72), 12);
  });
});

describe('where the loss of a step comes from', () => {
  const lengths = new Map(
    rows.map(({ example_id }, index) => [example_id, { response_a: index, response_b: 60 }]),
  );
  const both = (models: readonly FoldLogits[]) =>
    models.map((model) => ({
      ...model,
      rows: model.rows && [
        ...model.rows,
        ...logits(0.5, (row) => row.fold === model.fold || row.blind, true),
      ],
    }));
  const { breakdowns } = measure({ ...measured, models: both(measured.models), lengths });

  it('is told of every step on every slice that it has, but not of the prior', () => {
    expect(breakdowns.map(({ step, slice }) => `${step} ${slice}`)).toEqual([
      'student_alone out_of_fold',
      'student_alone blind',
      'teachers out_of_fold',
      'teachers blind',
      'student out_of_fold',
      'student blind',
      'merged blind',
      'quantized blind',
      'both_orders blind',
    ]);
  });

  it('is of the rows of the slice: 60, a third of each vote, all of them right', () => {
    for (const { classes, confusion, length_bias: length } of breakdowns) {
      expect(classes.map(({ rows: count }) => count)).toEqual([20, 20, 20]);
      expect(confusion).toEqual([
        [20, 0, 0],
        [0, 20, 0],
        [0, 0, 20],
      ]);
      expect(length?.rows).toBeGreaterThan(50);
    }
  });

  it('holds the effect of the order where a model was asked in both', () => {
    const effect = (step: string) => breakdowns.findLast((each) => each.step === step)?.order_effect;
    // P(model_a) is .75 and .5 on the third that A won, and half of the rest on the others.
    expect(effect('student')?.inconsistency).toBeCloseTo((0.25 + 0.125 + 0.125) / 3, 12);
    expect(effect('merged')).toBeNull();
    expect(effect('both_orders')).toBeNull();
  });
});

describe('calibration', () => {
  /** A model that is right in three of four rows and always says so with p. */
  const sureOf = (p: number, wanted: (row: (typeof rows)[number]) => boolean): LogitRow[] =>
    logits(p, wanted).map((row, index) => {
      const [a = 0, b = 0, tie = 0] = row.logits;
      return index % 4 === 0 ? { ...row, logits: [b, tie, a] } : row;
    });
  const sure = (p: number): FoldLogits[] =>
    foldModels('gemma', 'student', p).map((model) => ({
      ...model,
      rows: sureOf(p, (row) => row.fold === model.fold || row.blind),
    }));
  const input: MeasurementInput = { ...measured, models: sure(0.99), merged: sureOf(0.99, blind) };
  const { calibrations } = measure(input);
  const found = (step: string, method: string) =>
    calibrations.find((each) => each.step === step && each.method === method);

  it('is fitted out of fold and applied to the later steps too', () => {
    expect(calibrations.map(({ step, method, fitted_on }) => [step, method, fitted_on])).toEqual([
      ['student', 'temperature', 'student'],
      ['merged', 'temperature', 'student'],
      ['quantized', 'temperature', 'student'],
      ['student', 'vector', 'student'],
      ['merged', 'vector', 'student'],
      ['quantized', 'vector', 'student'],
    ]);
    expect(found('merged', 'temperature')?.temperature).toBe(found('student', 'temperature')?.temperature);
    expect(found('merged', 'temperature')?.out_of_fold).toBeNull();
    expect(found('student', 'temperature')?.fitted_rows).toBe(60);
  });

  it('finds that a model which is too sure must be cooled, and what that is worth on both slices', () => {
    const { temperature, out_of_fold, blind: onBlind } = found('student', 'temperature') ?? {};
    // Right in 3 of 4 rows, the other classes equally often: ln(.99 / .005) cooled to ln(.75 / .125).
    expect(temperature).toBeGreaterThan(2);
    for (const slice of [out_of_fold, onBlind]) {
      expect(slice?.difference.interval[1]).toBeLessThan(0);
      expect(slice?.difference.value).toBeCloseTo(
        (slice?.after.log_loss ?? 0) - (slice?.before.log_loss ?? 0),
        12,
      );
      expect(slice?.calibration_error.before).toBeCloseTo(0.24, 10);
      expect(slice?.calibration_error.after).toBeLessThan(0.05);
    }
  });

  it('sees no blind row: other votes there change no temperature, though they change its worth', () => {
    const turned = rows.map((row) => (row.blind ? { ...row, label: 'tie' as const } : row));
    const again = measure({ ...input, rows: turned }).calibrations;
    expect(again.map(({ factors, offsets }) => [factors, offsets])).toEqual(
      calibrations.map(({ factors, offsets }) => [factors, offsets]),
    );
    expect(again[0]?.out_of_fold).toEqual(calibrations[0]?.out_of_fold);
    expect(again[0]?.blind).not.toEqual(calibrations[0]?.blind);
  });

  it('scales a fold by what the others say: with two, each is scaled by the temperature of the other', () => {
    const only = (fold: number) => (row: (typeof rows)[number]) => row.fold === fold || row.blind;
    const confident = [0.99, 0.6].map((p, fold) => ({
      model: 'gemma',
      role: 'student' as const,
      fold,
      rows: sureOf(p, only(fold)),
    }));
    const kept = rows.filter(({ fold }) => fold !== 2);
    const crossed = measure({ ...input, rows: kept, models: confident }).calibrations[0]?.out_of_fold;
    const scored = (fold: number) =>
      withVotes(
        input.labels,
        kept.filter((row) => row.fold === fold),
        orders(input.labels, confident[fold]?.rows ?? []).asGiven.filter(({ example_id }) =>
          kept.some((row) => row.example_id === example_id && row.fold === fold),
        ),
      );
    const scaledBy = (fitted: number, fold: number) =>
      applyScaling(fitScaling('temperature', scored(fitted)), scored(fold));
    expect(crossed?.after).toEqual(score([...scaledBy(1, 0), ...scaledBy(0, 1)]));
    // Fold 0 is too sure and fold 1 too timid, so each loses by the advice of the other.
    expect(crossed?.difference.value).toBeGreaterThan(0);
  });
});

describe('the gates of a recipe', () => {
  const gates = { merge: { max_log_loss_rise: 0.003 }, quantize: { max_log_loss_rise: 0.003 } };

  it('are answered from the paired differences of the waterfall', () => {
    const measurement = measure({ ...measured, gates });
    expect(measurement.gates.map(({ gate, outcome }) => [gate, outcome])).toEqual([
      ['merge', 'fail'],
      ['quantize', 'fail'],
    ]);
    expect(measurement.gates[0]?.difference).toEqual(
      measurement.waterfall
        .find(({ step }) => step === 'merged')
        ?.differences.find(({ to }) => to === 'single_fold'),
    );
    expect(measurement.notes.slice(0, 2)).toEqual(measurement.gates.map(({ sentence }) => `${sentence}.`));
  });

  it('say nothing of a step that the run does not have, and nothing where the recipe has none', () => {
    expect(measure({ ...measured, merged: null, gates }).gates).toEqual([]);
    expect(measure(measured).gates).toEqual([]);
  });

  it('cannot tell where the rows disagree about the step', () => {
    // Losses of .11 and .69 in turn against .29: the mean rise of .11 is known to .08 by 60 rows.
    const odd = new Set(rows.filter((_, index) => index % 2 === 1));
    const merged = [
      ...logits(0.9, (row) => row.blind && odd.has(row)),
      ...logits(0.5, (row) => row.blind && !odd.has(row)),
    ];
    const [verdict] = measure({ ...measured, merged, gates: { merge: { max_log_loss_rise: 0.1 } } }).gates;
    expect(verdict?.outcome).toBe('undetermined');
    expect(verdict?.sentence).toContain('too wide to tell');
  });
});
