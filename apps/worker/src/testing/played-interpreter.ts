import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What stands where a Python interpreter would: it reads the request, writes events and a result and
 * ends with the exit codes of the contract, and the stage's name says how. It starts in 50 ms.
 *
 * - steps: a step every 50 ms for as long as its folder holds no file `finish`; SIGTERM ends it with 75.
 * - fault: the first one of all in its folder finds a broken device (77), every later one does as `steps`.
 */
const program = `#!/usr/bin/env python3
import json, os, signal, sys, threading, time

here = os.path.dirname(os.path.abspath(__file__))
request = json.load(open(sys.argv[sys.argv.index("--request") + 1]))

def ends(code, error=None):
    result = {"nacre_result": 1, "exit_code": code, "environment": {"torch": "played"}, "metrics": {}}
    json.dump({**result, "error": error}, open(request["result"], "w"))
    os._exit(code)

def lifeline():
    while os.read(int(os.environ["NACRE_LIFELINE_FD"]), 4096):
        pass
    os._exit(75)

def emit(**event):
    with open(request["events"], "a") as events:
        events.write(json.dumps({"at": time.time(), **event}) + "\\n")

threading.Thread(target=lifeline, daemon=True).start()
stopped = {"type": "TrainerStopped", "message": "stopped at a step boundary"}
signal.signal(signal.SIGTERM, lambda *_: ends(75, stopped))
emit(type="task-start", task=request["task"], pid=os.getpid())
if "fault" in request["stage"]["name"]:
    try:
        os.close(os.open(os.path.join(here, "fault"), os.O_CREAT | os.O_EXCL))
        ends(77, {"type": "DeviceFault", "message": "device 0 fell off the bus"})
    except FileExistsError:
        pass
step = 0
while not os.path.exists(os.path.join(here, "finish")):
    step += 1
    emit(type="step-end", step=step, steps=1000, epoch=0.0, loss=0.5, learning_rate=0.1, tokens=1, padded_tokens=1, seconds=0.05)
    time.sleep(0.05)
open(os.path.join(request["output"], "devices.txt"), "w").write(os.environ.get("CUDA_VISIBLE_DEVICES", "none"))
ends(0)
`;

/** Writes the program into a folder and answers its path, for NACRE_PYTHON. */
export function playedInterpreter(folder: string): string {
  const file = join(folder, 'python');
  writeFileSync(file, program);
  chmodSync(file, 0o700);
  return file;
}

/** Ends the tasks of that folder's program. */
export function finishTasks(folder: string): void {
  writeFileSync(join(folder, 'finish'), '');
}

/** Lets tasks that begin from now on run until they are finished. */
export function holdTasks(folder: string): void {
  rmSync(join(folder, 'finish'), { force: true });
}
