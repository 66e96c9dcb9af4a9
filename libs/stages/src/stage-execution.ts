import type { Recipe } from '@nacre/contracts/recipe';
import type { StageCall } from '@nacre/contracts/run';

/**
 * How a stage of a recipe is computed, as its call says it; never part of its key. Each rung of the
 * memory ladder halves the token budget of a micro-batch; the global batch stays.
 */
export function stageExecution(recipe: Recipe, gpus = 1, rung = 0): StageCall['execution'] {
  const { device, threads, micro_batch_tokens, stall_timeout, heartbeat_timeout } = recipe.run.pools.gpu;
  return {
    device,
    threads,
    micro_batch_tokens: Math.max(1, Math.floor(micro_batch_tokens / 2 ** rung)),
    stall_timeout,
    heartbeat_timeout,
    gpus,
    rung,
    checkpoint_every: recipe.run.checkpoint_every,
    checkpoints_kept: recipe.run.checkpoints_kept,
  };
}
