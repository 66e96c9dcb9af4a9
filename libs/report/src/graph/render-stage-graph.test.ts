import { describe, expect, it } from 'vitest';

import { renderStageGraph } from './render-stage-graph.js';
import { stageGraphLayout, type GraphStage } from './stage-graph-layout.js';

function stage(name: string, ...needs: string[]): GraphStage {
  return { name, kind: 'train_teacher', needs };
}

const twoFolds = [
  stage('folds'),
  stage('teacher/a/fold-0', 'folds'),
  stage('teacher/b/fold-0', 'folds'),
  stage('student/fold-0', 'teacher/a/fold-0', 'teacher/b/fold-0', 'folds'),
  stage('teacher/a/fold-1', 'folds'),
  stage('teacher/b/fold-1', 'folds'),
  stage('student/fold-1', 'teacher/a/fold-1', 'teacher/b/fold-1', 'folds'),
  stage('merge', 'student/fold-0', 'student/fold-1'),
];

function placeOf(stages: readonly GraphStage[], name: string) {
  const place = stageGraphLayout(stages).placed.find((each) => each.stage.name === name);
  if (place === undefined) throw new Error(`${name} has no place`);
  return place;
}

describe('the layout of a graph of stages', () => {
  it('puts every stage to the right of everything that it needs', () => {
    for (const { stage: each, layer } of stageGraphLayout(twoFolds).placed) {
      for (const need of each.needs) expect(placeOf(twoFolds, need).layer).toBeLessThan(layer);
    }
  });

  it('aligns the folds: the same stage of each fold stands in one layer, in its own band', () => {
    expect(placeOf(twoFolds, 'student/fold-0').layer).toBe(placeOf(twoFolds, 'student/fold-1').layer);
    const { bands, placed } = stageGraphLayout(twoFolds);
    expect(bands.map(({ fold, rows }) => ({ fold, rows }))).toEqual([
      { fold: 0, rows: 2 },
      { fold: 1, rows: 2 },
    ]);
    for (const { fold, row } of placed) {
      const band = bands.find((each) => each.fold === fold);
      if (band === undefined) continue;
      expect(row).toBeGreaterThanOrEqual(band.row);
      expect(row + 1).toBeLessThanOrEqual(band.row + band.rows);
    }
  });

  it('lets no two stages overlap', () => {
    const { placed } = stageGraphLayout(twoFolds);
    for (const left of placed) {
      for (const right of placed) {
        if (left !== right && left.layer === right.layer)
          expect(Math.abs(left.row - right.row)).toBeGreaterThanOrEqual(1);
      }
    }
  });

  it('draws only needs that do not follow from other needs', () => {
    const edges = stageGraphLayout(twoFolds).edges.map(
      ({ from, to }) => `${from.stage.name} > ${to.stage.name}`,
    );
    expect(edges).toContain('teacher/a/fold-0 > student/fold-0');
    expect(edges).not.toContain('folds > student/fold-0');
  });

  it('puts what needs nothing just before its first reader', () => {
    const stages = [...twoFolds, stage('base'), stage('quantize', 'merge', 'base')];
    expect(placeOf(stages, 'base').layer).toBe(placeOf(stages, 'quantize').layer - 1);
  });

  it('refuses an unknown need, a name that is there twice and a circle', () => {
    expect(() => stageGraphLayout([stage('a', 'b')])).toThrow('a needs b, which is no stage');
    expect(() => stageGraphLayout([stage('a'), stage('a')])).toThrow(/same name/);
    expect(() => stageGraphLayout([stage('a', 'b'), stage('b', 'a')])).toThrow(/circle: a, b, a/);
  });
});

describe('the drawing', () => {
  it('is one SVG document with a node per stage, the same for the same stages', () => {
    const drawing = renderStageGraph(twoFolds);
    expect(drawing).toMatch(/^<svg\s+xmlns="http:\/\/www.w3.org\/2000\/svg"[^]*<\/svg>\n$/);
    expect(drawing.match(/class="box"/g)).toHaveLength(twoFolds.length);
    expect(renderStageGraph(twoFolds)).toBe(drawing);
  });

  it('escapes names and can be empty', () => {
    expect(renderStageGraph([stage('<b>&"')])).not.toContain('<b>');
    expect(renderStageGraph([])).toContain('<svg');
  });
});
