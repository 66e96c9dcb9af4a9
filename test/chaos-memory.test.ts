import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { readLedgers } from '@nacre/activities';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { copyStages, kindsBeforeTeachers } from './support/copy-stages.js';
import { drillRecipe, finishedDrill, startedRun, type FinishedDrill } from './support/drill-run.js';
import { root, Workplace } from './support/workplace.js';

/**
 * An interpreter on whose machine a micro-batch of more than 2,048 tokens meets the end of its address space: the limit
 * is the kernel's and the failure the allocator's, only its moment is chosen.
 */
const scarcity = `
import json
import resource
import runpy
import sys

import torch

import nacre_model.training_loop as training_loop

classify = training_loop.classify


def classify_in_little_memory(*arguments, **settings):
    with open(sys.argv[sys.argv.index("--request") + 1], encoding="utf-8") as file:
        tokens = json.load(file)["execution"]["micro_batch_tokens"]
    if tokens > 2048:
        with open("/proc/self/statm", encoding="ascii") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 2**26, resource.RLIM_INFINITY))
        torch.empty(2**30, dtype=torch.uint8)
    return classify(*arguments, **settings)


training_loop.classify = classify_in_little_memory
_, _, module, *words = sys.argv
sys.argv = [module, *words]
runpy.run_module(module, run_name="__main__", alter_sys=True)
`;

let undisturbed: FinishedDrill;
beforeAll(async () => {
  undisturbed = await finishedDrill();
});
afterAll(() => undisturbed.place.close());

function scarceInterpreter(folder: string): string {
  const interpreter = join(folder, 'python');
  const python = process.env['NACRE_PYTHON'] ?? join(root, '.venv/bin/python');
  writeFileSync(`${interpreter}.py`, scarcity);
  writeFileSync(interpreter, `#!/bin/sh\nexec '${python}' '${interpreter}.py' "$@"\n`);
  chmodSync(interpreter, 0o700);
  return interpreter;
}

interface Trained {
  readonly place: Workplace;
  readonly run: string;
  /** content_id of each student, by its name. */
  readonly students: Readonly<Record<string, string | undefined>>;
}

/** Trains the two students one after the other, on the teachers of the undisturbed run. */
async function trainStudents(name: string, memory: 'scarce' | 'ample', ...words: string[]): Promise<Trained> {
  const place = await Workplace.open(name);
  onTestFinished(() => place.close());
  if (memory === 'scarce') place.environment['NACRE_PYTHON'] = scarceInterpreter(place.folder);
  await copyStages(undisturbed.place.store, place.store, [
    ...kindsBeforeTeachers,
    'train_teacher',
    'export_logits',
  ]);
  const worker = await place.worker();
  const settings = ['student.gpus=1', 'run.pools.gpu.concurrency=1', ...words];
  const { code, stdout, stderr } = await place.nacre(
    ...['--json', 'start', drillRecipe, '--until', 'student/'],
    ...settings.flatMap((setting) => ['--set', setting]),
  );
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const run = startedRun(stdout);
  const { stages } = await place.progress(run);
  await worker.stop();
  const students = stages.filter(({ kind, state }) => kind === 'distil' && state === 'done');
  return {
    place,
    run,
    students: Object.fromEntries(students.map(({ name, artifact }) => [name, artifact?.content_id])),
  };
}

test('a training that runs out of memory goes on with half the micro-batch, the next fold begins there, and the bytes are those of that micro-batch', async () => {
  const scarce = await trainStudents('scarce', 'scarce');
  const attempts = (await readLedgers(scarce.place.store, scarce.run)).filter(
    ({ kind }) => kind === 'distil',
  );
  const endings = (stage: string) =>
    attempts
      .filter((attempt) => attempt.stage === stage)
      .sort((left, right) => left.term - right.term)
      .map(({ ended, error }) => ({ ended, error }));
  // Which of the two is trained first is nobody's promise.
  const both = ['student/fold-0', 'student/fold-1'].map(endings);
  expect(both.sort((left, right) => right.length - left.length)).toEqual([
    [
      { ended: 'failed', error: 'OutOfMemory' },
      { ended: 'done', error: null },
    ],
    [{ ended: 'done', error: null }],
  ]);

  const ample = await trainStudents('ample', 'ample', 'run.pools.gpu.micro_batch_tokens=2048');
  expect(Object.keys(ample.students).sort()).toEqual(['student/fold-0', 'student/fold-1']);
  expect(scarce.students).toEqual(ample.students);
});
