/** Exit codes of `python -m nacre_model`: the whole language between a task's end and its caller. */
export const exitCodes = {
  done: 0,
  invalid_request: 64,
  invalid_data: 65,
  non_finite: 70,
  /** Stopped as asked at a step boundary; a training has written a checkpoint first. */
  stopped: 75,
  out_of_memory: 76,
  /** The device computed something else the second time, or does not answer. */
  device_fault: 77,
  /** The checkpoint to go on from is not one of this stage; the next older one may be. */
  checkpoint_refused: 78,
  /** One row alone, or the disk, is too small: no other cut helps. */
  does_not_fit: 79,
  /** A rank waited in vain for the others. */
  collective_timeout: 80,
} as const;
