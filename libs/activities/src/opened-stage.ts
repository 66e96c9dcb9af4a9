/** A stage that this attempt may compute: claimed, or computed afresh beside what is published. */
export interface OpenedStage {
  /** Names this attempt's checkpoints, books and manifest; greater than every earlier one's. */
  readonly term: number;
  /** Aborted, with the ClaimLost as its reason, once another holder has taken the stage. */
  readonly lost: AbortSignal;
  /** Says that a checkpoint of this step is in the store. @throws ClaimLost */
  durable(step: number): Promise<void>;
  /**
   * Makes the manifest the stage's; answers the manifest that the register names in the end.
   *
   * @throws ClaimLost, StoreUnavailable
   */
  publish(manifestId: string): Promise<PublishedStage>;
  /** Gives the stage back; `asked` when the attempt was told to stop, which does not count as a failure. */
  release(asked: boolean): Promise<void>;
}

export interface PublishedStage {
  readonly manifest_id: string;
  /** Whether it holds other bytes than the manifest that was to be published. */
  readonly diverged: boolean;
}
