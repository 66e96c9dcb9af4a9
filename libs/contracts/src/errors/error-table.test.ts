import { describe, expect, it } from 'vitest';

import * as errors from './index.js';
import { dispositionOf, errorTable, NacreError, nonRetryableErrorNames } from './index.js';

type ErrorClass = new (message: string, data?: Record<string, string>, options?: ErrorOptions) => NacreError;

function isErrorClass(entry: [string, unknown]): entry is [string, ErrorClass] {
  return typeof entry[1] === 'function' && entry[1].prototype instanceof NacreError;
}

const classes = Object.entries<unknown>(errors).filter(isErrorClass);

describe('the error table', () => {
  it('has a row for every error class and a class for every row', () => {
    expect(Object.keys(errorTable).sort()).toEqual(classes.map(([name]) => name).sort());
  });

  it.each(classes)('%s is named for its class, because Temporal carries only the name', (name, Class) => {
    const cause = new Error('below');
    const error = new Class('what happened', { place: 'here' }, { cause });
    expect(error.name).toBe(name);
    expect(error).toMatchObject({ message: 'what happened', data: { place: 'here' }, cause });
  });

  it('lets Temporal retry exactly the rows that say retry', () => {
    const retried = Object.keys(errorTable).filter((name) => !nonRetryableErrorNames.includes(name));
    expect(retried.map(dispositionOf)).toEqual(retried.map(() => 'retry'));
    expect(nonRetryableErrorNames.map(dispositionOf)).not.toContain('retry');
  });

  it.each([undefined, 'TypeError', 'toString', 'constructor'])(
    'holds a failure that it does not know: %s',
    (name) => {
      expect(dispositionOf(name)).toBe('hold');
    },
  );

  it('fails a run whose recipe or data must change', () => {
    expect(['InvalidRecipe', 'InvalidData', 'LeakDetected'].map(dispositionOf)).toEqual([
      'fail',
      'fail',
      'fail',
    ]);
  });
});
