/** One line of `nacre doctor`. */
export interface Check {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do when it is not ok. */
  readonly remedy: string;
  /** Whether it is about Temporal, the store or a worker (exit code 4) rather than this machine (1). */
  readonly service: boolean;
}
