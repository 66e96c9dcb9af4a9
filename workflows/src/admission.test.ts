import { expect, test } from 'vitest';

import { Admission } from './admission.js';

/** Work that ends when it is told to. */
function work() {
  let end: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const done = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  return { run: () => done, end, fail };
}

test('there is room for as many as were agreed, and a finished one makes room', async () => {
  const admission = new Admission(2);
  const begun: number[] = [];
  const works = [work(), work(), work()];
  const all = works.map(({ run }, index) =>
    admission.admit(0, () => {
      begun.push(index);
      return run();
    }),
  );
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  works[1]?.end();
  await all[1];
  await expect.poll(() => begun).toEqual([0, 1, 2]);
  works[0]?.end();
  works[2]?.end();
  await Promise.all(all);
});

test('who waits is admitted by fold, then in the order of asking', async () => {
  const admission = new Admission(1);
  const order: string[] = [];
  const first = work();
  const all = [admission.admit(9, first.run)];
  for (const [fold, name] of [
    [2, 'c'],
    [0, 'a'],
    [2, 'd'],
    [0, 'b'],
    [-1, 'no fold'],
  ] as const) {
    all.push(
      admission.admit(fold, () => {
        order.push(name);
        return Promise.resolve();
      }),
    );
  }
  first.end();
  await Promise.all(all);
  expect(order).toEqual(['no fold', 'a', 'b', 'c', 'd']);
});

test('work that fails makes room and its failure reaches who asked', async () => {
  const admission = new Admission(1);
  const first = work();
  const failing = admission.admit(0, first.run);
  const next = admission.admit(0, () => Promise.resolve('done'));
  first.fail(new Error('broken'));
  await expect(failing).rejects.toThrow('broken');
  await expect(next).resolves.toBe('done');
});
