/** A stage that will not happen in this run: skipped by a person, or because of one it needs. */
export class StageSkipped extends Error {
  override readonly name = 'StageSkipped';
  readonly stage: string;

  constructor(stage: string, reason: string) {
    super(reason);
    this.stage = stage;
  }
}
