/** The solution of a small linear system with a positive definite matrix, by elimination with pivots. */
export function solveLinear(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const lines = matrix.map((line, index) => [...line, right[index] ?? 0]);
  const size = lines.length;
  for (let pivot = 0; pivot < size; pivot += 1) {
    const best = lines
      .slice(pivot)
      .reduce(
        (top, line, index) =>
          Math.abs(line[pivot] ?? 0) > Math.abs(lines[top]?.[pivot] ?? 0) ? pivot + index : top,
        pivot,
      );
    [lines[pivot], lines[best]] = [lines[best] ?? [], lines[pivot] ?? []];
    const own = lines[pivot] ?? [];
    for (const line of lines.slice(pivot + 1)) {
      const factor = (line[pivot] ?? 0) / (own[pivot] ?? 1);
      for (let column = pivot; column <= size; column += 1) {
        line[column] = (line[column] ?? 0) - factor * (own[column] ?? 0);
      }
    }
  }
  const solution = Array<number>(size).fill(0);
  for (let index = size - 1; index >= 0; index -= 1) {
    const line = lines[index] ?? [];
    const known = solution.reduce((sum, value, column) => sum + value * (line[column] ?? 0), 0);
    solution[index] = ((line[size] ?? 0) - known) / (line[index] ?? 1);
  }
  return solution;
}
