/** Something the person at the keyboard can mend; the message says what is wrong and then what to do. */
export class SetUpError extends Error {
  /** @override */
  name = 'SetUpError';

  /**
   * @param {string} problem one sentence
   * @param {string} remedy one sentence
   */
  constructor(problem, remedy) {
    super(`${problem} ${remedy}`);
  }
}
