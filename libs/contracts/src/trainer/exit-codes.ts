/** Exit codes of `python -m nacre_model`: the whole language between a task's end and its caller. */
export const exitCodes = {
  done: 0,
  invalid_request: 64,
  invalid_data: 65,
  non_finite: 70,
  stopped: 75,
  out_of_memory: 76,
} as const;
