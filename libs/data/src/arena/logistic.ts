/**
 * 1 / (1 + e^-x) from additions, multiplications and divisions alone. Math.exp may differ in its last bit between
 * engines; the truth of a synthetic row may not. Relative error below 1e-12 for |x| <= 40.
 */
export function logistic(x: number): number {
  return 1 / (1 + exponential(-x));
}

const HALVINGS = 10;
const TERMS = 8;

function exponential(x: number): number {
  const small = x / 2 ** HALVINGS;
  let power = 1;
  for (let term = TERMS; term >= 1; term -= 1) power = 1 + (small / term) * power;
  for (let doubling = 0; doubling < HALVINGS; doubling += 1) power *= power;
  return power;
}
