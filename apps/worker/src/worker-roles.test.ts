import { InvalidRecipe } from '@nacre/contracts/errors';
import { expect, it } from 'vitest';

import { parseRoles } from './worker-roles.js';

it.each([
  ['control,data,gpu', ['control', 'data', 'gpu']],
  [' gpu , data ', ['gpu', 'data']],
  ['data,data', ['data']],
])('%j are the roles %j', (text, roles) => {
  expect(parseRoles(text)).toEqual(roles);
});

it.each(['', 'gpu,', 'cpu', 'GPU'])('%j is refused with the roles there are', (text) => {
  expect(() => parseRoles(text)).toThrow(InvalidRecipe);
  expect(() => parseRoles(text)).toThrow('a worker has the roles control, data, gpu, separated by commas');
});
