import { beforeAll, describe, expect, it } from 'vitest';
import type { Measurement } from '@nacre/contracts/measurement';

import { sampleRun } from '../sample/sample-run.js';
import { formatDifference } from './numbers.js';
import { renderTables } from './render-tables.js';
import { formatDuration } from './times.js';

let measurement: Measurement;

beforeAll(async () => {
  const sample = (await sampleRun()).measurement;
  if (sample === null) throw new Error('no sample');
  measurement = sample;
});

describe('the tables for a terminal', () => {
  it('have a row per model and per step, right-aligned, in at most 100 columns without colour', () => {
    const lines = renderTables(measurement).split('\n');
    expect(lines.every((line) => line.length <= 100)).toBe(true);
    expect(lines.join('')).not.toContain('\u001b');
    const rows = lines.filter((line) => /\((teacher|student|student alone)\) /.test(line));
    expect(rows).toHaveLength(4);
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
    for (const { title } of measurement.waterfall)
      expect(lines.filter((line) => line.startsWith(`  ${title}  `))).toHaveLength(1);
  });

  it('say – where a fold was skipped and give the mean of the others', () => {
    const score = measurement.folds[0]?.score ?? null;
    const folds = [0.5, null, 0.7].map((loss, fold) => ({
      model: 'gemma',
      role: 'student' as const,
      fold,
      score: loss === null || score === null ? null : { ...score, log_loss: loss },
    }));
    expect(renderTables({ ...measurement, folds })).toMatch(/gemma \(student\) +0\.500 +– +0\.700 +0\.600/);
  });

  it('say which columns are honest, and mark the scores that are not', () => {
    const honest = renderTables({ ...measurement, notes: [] });
    expect(honest).toContain('Every column is honest: the student of a fold learnt from teachers of the');
    expect(honest).not.toContain('*');
    const spoilt = renderTables({
      ...{ ...measurement, notes: [], label_policy: 'out_of_fold' },
      contaminated: ['student'],
    }).split('\n');
    expect(spoilt.filter((line) => /\(student\)\* /.test(line))).toHaveLength(1);
    expect(spoilt.filter((line) => /^  Student +\d\.\d+\* /.test(line))).toHaveLength(1);
    expect(spoilt.join(' ').match(/\*/g)).toHaveLength(3);
    expect(spoilt.join(' ')).toContain('The blind column is honest');
    const nested = renderTables({ ...measurement, notes: [], label_policy: 'nested' }).replaceAll('\n', ' ');
    expect(nested).toContain('had seen neither its row nor the dev rows');
  });

  it('mark scores on dev rows by which weights were chosen as optimistic', () => {
    const lines = renderTables({
      ...{ ...measurement, notes: [] },
      optimistic: ['student', 'teacher'],
    }).split('\n');
    expect(lines.filter((line) => /\((student|teacher)\)\* /.test(line)).length).toBeGreaterThan(1);
    expect(lines.filter((line) => /^  (Student|Teachers).*\d\.\d+\* /.test(line))).toHaveLength(2);
    expect(lines.join(' ')).toContain('the weights of student, teacher were chosen by these very rows');
  });

  it('wrap the notes below', () => {
    const note = 'The student is not better than the prior on blind rows. '.repeat(4).trim();
    const lines = renderTables({ ...measurement, notes: [note] }).split('\n');
    expect(lines.slice(-3).join(' ')).toBe(note);
    expect(lines.every((line) => line.length <= 100)).toBe(true);
  });

  it('say that no fold was measured', () => {
    expect(renderTables({ ...measurement, folds: [] })).toContain('no fold was measured');
  });
});

describe('numbers in words', () => {
  it('carry the sign of a difference and none of a rounded 0', () => {
    expect([0.00312, -0.0418, -0.00001].map(formatDifference)).toEqual(['+0.0031', '−0.0418', '0.0000']);
  });

  it('say durations in their two largest units', () => {
    expect([400, 42_000, 188_000, 7_500_000, 59_999, 90_000_000, 86_399_000].map(formatDuration)).toEqual([
      '0.4 s',
      '42 s',
      '3 min 08 s',
      '2 h 05 min',
      '1 min 00 s',
      '1 d 01 h',
      '1 d 00 h',
    ]);
  });
});
