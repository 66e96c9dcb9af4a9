import { dryRun } from '@nacre/stages';
import { beforeEach, describe, expect, test } from 'vitest';

import { boardRecipe } from './progress.fixture.js';
import { StageBoard } from './stage-board.js';

const teacher = 'teacher/teacher/fold-0';
let board: StageBoard;
beforeEach(async () => {
  const recipe = boardRecipe();
  board = new StageBoard(recipe, { workflow_id: 'board-1', run_id: 'r' }, await dryRun(recipe));
});

test('every stage waits at first, on the queue of its pool, with the names of what it needs', () => {
  const { state, stages, waits_for, message } = board.progress();
  expect({ state, waits_for, message }).toEqual({ state: 'running', waits_for: [], message: null });
  expect(new Set(stages.map(({ state }) => state))).toEqual(new Set(['waiting']));
  expect(board.stage('folds')).toMatchObject({ queue: 'nacre-data', needs: ['prepare/train'], attempt: 0 });
  expect(board.stage(teacher)).toMatchObject({ queue: 'nacre-gpu-local', model: 'teacher', fold: 0 });
  expect(() => board.stage('nowhere')).toThrow('no stage nowhere in this run');
  expect([board.has(teacher), board.has('nowhere')]).toEqual([true, false]);
});

describe('a run with a held stage', () => {
  beforeEach(() => {
    board.change(teacher, { state: 'held', message: 'TrainerCrashed: exit code 1' });
  });

  test.each(['looking_up', 'queued', 'running'] as const)('goes on while another stage is %s', (state) => {
    board.change('folds', { state });
    expect(board.progress()).toMatchObject({ state: 'running', message: null });
  });

  test('is held when nothing else can run, and says why', () => {
    board.change('folds', { state: 'done' });
    expect(board.progress()).toMatchObject({
      state: 'held',
      message: `${teacher}: TrainerCrashed: exit code 1`,
    });
  });

  test('that has ended is not held any more', () => {
    board.end('cancelled', 'by a person');
    expect(board.progress()).toMatchObject({ state: 'cancelled', message: 'by a person' });
  });
});

describe('a paused run', () => {
  beforeEach(() => {
    board.pause({ reason: 'the node is needed' });
  });

  test('says that it is paused and why, also where a stage is held, which is named too', () => {
    expect(board.paused).toBe(true);
    expect(board.progress()).toMatchObject({ state: 'paused', message: 'paused: the node is needed' });
    board.change(teacher, { state: 'held', message: 'TrainerCrashed: exit code 1' });
    expect(board.progress()).toMatchObject({
      state: 'paused',
      message: `paused: the node is needed\n${teacher}: TrainerCrashed: exit code 1`,
    });
  });

  test('runs again when it is resumed', () => {
    board.pause(null);
    expect(board.progress()).toMatchObject({ state: 'running', message: null });
  });

  test('that is cancelled is cancelled', () => {
    board.end('cancelled', null);
    expect(board.progress()).toMatchObject({ state: 'cancelled', message: null });
  });
});

test('how a stage is computed is shown while nothing more important is to be said', () => {
  board.note(teacher, 'rung 1: 4,096 tokens a micro-batch');
  const message = () => board.progress().stages.find(({ name }) => name === teacher)?.message;
  board.change(teacher, { state: 'running', message: null });
  expect(message()).toBe('rung 1: 4,096 tokens a micro-batch');
  board.change(teacher, { message: 'evaluation' });
  expect(message()).toBe('evaluation · rung 1: 4,096 tokens a micro-batch');
  board.change(teacher, { state: 'held', message: 'TrainerCrashed: exit code 1' });
  expect(message()).toBe('TrainerCrashed: exit code 1');
  board.change(teacher, { state: 'done', message: null });
  expect(message()).toBe('rung 1: 4,096 tokens a micro-batch');
  board.note(teacher, null);
  expect(message()).toBeNull();
});

test('what comes after the stage that the run goes to is skipped from the beginning', async () => {
  const recipe = boardRecipe();
  const until = { ...recipe, run: { ...recipe.run, until: 'folds' } };
  board = new StageBoard(until, { workflow_id: 'board-1', run_id: 'r' }, await dryRun(until));
  expect(board.stage(teacher)).toMatchObject({ state: 'skipped', message: 'after --until folds' });
  expect(board.stage('folds')).toMatchObject({ state: 'waiting', message: null });
  expect(board.stage('prepare/train')).toMatchObject({ state: 'waiting' });
});

test('a queue that nobody polls is named with its command until one of its stages runs', () => {
  board.queueIsUnpolled('nacre-gpu-local');
  board.queueIsUnpolled('nacre-gpu-local');
  expect(board.progress().waits_for).toEqual([
    { queue: 'nacre-gpu-local', command: 'npx nacre worker --role gpu --pool local' },
  ]);
  board.change('folds', { state: 'running' });
  expect(board.progress().waits_for).toHaveLength(1);
  board.change(teacher, { state: 'running' });
  expect(board.progress().waits_for).toEqual([]);
});

test('GPU work has begun once a stage of the GPU pool has started', () => {
  board.change('folds', { state: 'running', started_at: 1 });
  expect(board.gpuWorkBegan).toBe(false);
  board.change(teacher, { state: 'queued' });
  expect(board.gpuWorkBegan).toBe(false);
  board.change(teacher, { state: 'running', started_at: 2 });
  expect(board.gpuWorkBegan).toBe(true);
});
