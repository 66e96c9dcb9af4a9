import type { StageRegister } from '@nacre/contracts/artifact';

/**
 * The register of a claim that was given back: the term and the last holder stay on record, but no activity works on
 * the stage any more, so the activity id is empty.
 */
export function releasedRegister(register: StageRegister): StageRegister {
  return { ...register, holder: { ...register.holder, activity_id: '' } };
}

/** Whether the register says that its last claim was given back: anyone may take the next term. */
export function isReleased(register: StageRegister): boolean {
  return register.state === 'claimed' && register.holder.activity_id === '';
}
