import { dryRun } from '@nacre/stages';
import { beforeEach, expect, test } from 'vitest';

import { progressDetails } from './progress-details.js';
import { boardRecipe } from './progress.fixture.js';
import { StageBoard } from './stage-board.js';

const teacher = 'teacher/teacher/fold-0';
let board: StageBoard;
beforeEach(async () => {
  const recipe = boardRecipe();
  board = new StageBoard(recipe, { workflow_id: 'board-1', run_id: 'r' }, await dryRun(recipe));
});

const lines = () => progressDetails(board.progress()).split('\n');

test('the first line says what the run is, its state, and how much is finished', () => {
  const { length } = board.progress().stages;
  board.change('folds', { state: 'done' });
  board.change('leak-gate', { state: 'hit' });
  expect(lines()[0]).toBe(`**board** — running, 2 of ${String(length)} stages`);
});

test('a table follows, a line per stage, with the seconds of those that have ended', () => {
  board.change('folds', { state: 'done', started_at: 1000, ended_at: 3500 });
  board.change(teacher, { state: 'running', started_at: 4000 });
  const table = lines().filter((line) => line.startsWith('|'));
  expect(table.slice(0, 2)).toEqual(['| | stage | state | seconds | |', '|---|---|---|---:|---|']);
  expect(table).toHaveLength(2 + board.progress().stages.length);
  expect(table).toContain('| ✔ | folds | done | 2.5 |  |');
  expect(table).toContain(`| ▶ | ${teacher} | running |  |  |`);
});

test('a queue without a worker stands above the table with the command that starts one', () => {
  board.queueIsUnpolled('nacre-data');
  const all = lines();
  const at = all.indexOf(
    'Waits: no worker polls `nacre-data`; start one with `npx nacre worker --role data`',
  );
  expect(at).toBeGreaterThan(0);
  expect(at).toBeLessThan(all.findIndex((line) => line.startsWith('|')));
});

test('a held stage stands above the table with the commands that answer', () => {
  board.change(teacher, { state: 'held', message: 'TrainerCrashed: exit code 1\nmore' });
  expect(lines()).toContain(`Held: \`npx nacre retry board-1 ${teacher}\` (or \`--skip\`, \`--abort\`)`);
  expect(lines()).toContain(`| ✋ | ${teacher} | held |  | TrainerCrashed: exit code 1 |`);
});

test('a paused run names the command that goes on', () => {
  board.pause({ reason: null });
  expect(lines()[0]).toMatch(/^\*\*board\*\* — paused, /);
  expect(lines()).toContain('Paused: `npx nacre resume board-1` goes on');
});

test('a message cannot break the table', () => {
  board.change('folds', { state: 'failed', message: 'column a|b\nsecond line' });
  expect(lines()).toContain('| ✘ | folds | failed |  | column a\\|b |');
});

test('why the run failed stands above the table', () => {
  board.end('failed', 'folds: too few rows');
  expect(lines()[0]).toMatch(/^\*\*board\*\* — failed, /);
  expect(lines()).toContain('folds: too few rows');
});
