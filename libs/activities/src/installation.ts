import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where this installation keeps its Python and what its processes may write. */
export interface Installation {
  /** Folder of the repository. */
  readonly root: string;
  /** Interpreter for Python tasks. */
  readonly python: string;
  /** PYTHONPATH of Python tasks. */
  readonly pythonPath: string;
  /** Folder for work in progress; emptied stage by stage. */
  readonly workFolder: string;
  /** Folder of verified blobs, shared by all stages of this machine. */
  readonly cacheFolder: string;
  /** Commit the installation stands at, or "unknown". */
  readonly gitCommit: string;
}

/**
 * The installation that this code belongs to. NACRE_PYTHON names another interpreter,
 * NACRE_WORK_FOLDER another folder for work and cache (default .nacre in the repository).
 */
export function installation(environment: NodeJS.ProcessEnv, gitCommit: string): Installation {
  const root = repositoryFolder();
  const state = environment['NACRE_WORK_FOLDER'] ?? join(root, '.nacre');
  return {
    root,
    python: environment['NACRE_PYTHON'] ?? join(root, '.venv', 'bin', 'python'),
    pythonPath: [join(root, 'libs/model/src'), join(root, 'libs/quantization/src')].join(':'),
    workFolder: join(state, 'work'),
    cacheFolder: join(state, 'cache'),
    gitCommit,
  };
}

/** The nearest folder above this file that holds an nx.json. */
export function repositoryFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'nx.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('Nacre runs from its repository: no nx.json above its own files');
    folder = parent;
  }
  return folder;
}
