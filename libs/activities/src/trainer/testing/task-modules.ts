import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { repositoryFolder, type Installation } from '../../installation.js';

/**
 * What the task `quantize` does in tests: the stage's name says which way to end. Everything around it, from the
 * request file to the exit code, is the real nacre_model.
 */
const tasks = `
import os
import sys
import time

from nacre_model.protocol import InvalidData, TaskContext, task

ANSWER = 1.0


@task("quantize")
def quantize(context: TaskContext) -> dict[str, float]:
    context.phase("waiting")
    match context.stage["name"]:
        case "contract":
            context.input("base")
        case "invalid":
            raise InvalidData("rows.parquet: row 3 has no label; remove it")
        case "crash":
            print("\\n".join(f"log line {number}" for number in range(30)), flush=True)
            raise RuntimeError("something broke")
        case "vanish":
            print("about to vanish", file=sys.stderr, flush=True)
            os._exit(3)
        case "killed":
            os.kill(os.getpid(), 9)
        case "steps":
            for step in range(1, 3000):
                context.emit("step-end", step=step, steps=3000, epoch=0.0, loss=0.5, learning_rate=0.1, tokens=1, padded_tokens=1, seconds=0.01)
                context.check_stop()
                time.sleep(0.05)
        case "silent":
            context.emit("rows-written", rows=3, total=9)
            time.sleep(300)
    (context.output / "answer.txt").write_text(os.environ.get("AWS_SECRET_ACCESS_KEY", "no secret"))
    return {"answer": ANSWER}

`;

/**
 * What the task `train` does in tests: it counts its steps by the real checkpoints; the stage's name says how many
 * steps, and how long each takes: train/<steps>/<seconds>. A file `kill` beside its output ends it by SIGKILL.
 */
const training = `
import os
import time

import torch

from nacre_model.checkpoint_keeper import CheckpointKeeper
from nacre_model.checkpoints import TrainedState
from nacre_model.protocol import TaskContext, stop_requested, task
from nacre_model.ranks import Ranks


@task("train")
def train(context: TaskContext) -> dict[str, float]:
    _, steps, pause = context.stage["name"].split("/")
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.AdamW([weight], lr=0.0)
    keeper = CheckpointKeeper(context, TrainedState({"weight": weight}, optimizer, int(steps)), Ranks(0, 1))
    progress = keeper.resume()
    first = progress.step
    for step in range(first + 1, int(steps) + 1):
        if stop_requested() or keeper.due():
            keeper.save(progress)
        context.check_stop()
        weight.grad = torch.zeros(1)
        optimizer.step()
        weight.data += 1
        progress.step = step
        progress.history.append({"step": step, "loss": 0.5, "learning_rate": 0.1, "rows": 1})
        context.emit("step-end", step=step, steps=int(steps), epoch=0.0, loss=0.5, learning_rate=0.1, tokens=1, padded_tokens=1, seconds=0.01)
        time.sleep(float(pause))
        if (context.output.parent / "kill").exists():
            os.kill(os.getpid(), 9)
    (context.output / "weight.txt").write_text(str(float(weight)))
    return {"first": float(first), "weight": float(weight)}
`;

/**
 * What the task `export-logits` does in tests: shards of one row by the real keeper of shards; the stage's name says how
 * many, and how long each takes: export/<shards>/<seconds>. A file `kill` beside its output ends it by SIGKILL.
 */
const exporting = `
import os
import time

import numpy as np

from nacre_model.logits_checkpoints import ShardKeeper
from nacre_model.logits_tables import LogitsTable, write_logits_shard
from nacre_model.protocol import TaskContext, task


@task("export-logits")
def export_logits(context: TaskContext) -> dict[str, float]:
    _, shards, pause = context.stage["name"].split("/")
    keeper = ShardKeeper(context, int(shards))
    first = keeper.resume()
    for shard in range(first, keeper.shards):
        row = LogitsTable(np.array([f"s:{shard}"], dtype=object), np.array([False]), np.zeros((1, 3), np.float32))
        write_logits_shard(context.output, shard, context.labels, row)
        keeper.save(shard + 1)
        time.sleep(float(pause))
        if (context.output.parent / "kill").exists():
            os.kill(os.getpid(), 9)
    return {"first": float(first)}
`;

/** An installation whose task modules lie in `folder` and may be changed there. */
export function installTasks(folder: string): Installation & { readonly taskFile: string } {
  const root = repositoryFolder();
  const model = join(folder, 'model');
  const quantization = join(folder, 'quantization');
  cpSync(join(root, 'libs/model/src/nacre_model'), join(model, 'nacre_model'), {
    recursive: true,
    filter: (path) => !path.endsWith('__pycache__'),
  });
  mkdirSync(join(quantization, 'nacre_quantization'), { recursive: true });
  writeFileSync(join(quantization, 'nacre_quantization/__init__.py'), '');
  writeFileSync(join(model, 'nacre_model/training.py'), training);
  writeFileSync(join(model, 'nacre_model/logits.py'), exporting);
  const taskFile = join(quantization, 'nacre_quantization/tasks.py');
  writeFileSync(taskFile, tasks);
  return {
    root,
    python: process.env['NACRE_PYTHON'] ?? join(root, '.venv/bin/python'),
    pythonPath: `${model}:${quantization}`,
    workFolder: join(folder, 'work'),
    cacheFolder: join(folder, 'cache'),
    gitCommit: 'unknown',
    taskFile,
  };
}
