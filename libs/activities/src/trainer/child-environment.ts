import type { Installation } from '../installation.js';
import type { DeviceLease } from '../stage-context.js';

/** Variables of the worker that a task may see. Credentials of Temporal, S3 and Kaggle are not among them. */
const allowed = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TMPDIR',
  'LD_LIBRARY_PATH',
  'CUDA_VISIBLE_DEVICES',
] as const;

/** The whole environment of a Python task: an allow-list, and what makes it offline and reproducible. */
export function childEnvironment(
  installation: Installation,
  environment: NodeJS.ProcessEnv,
  threads: number,
  devices: DeviceLease | null = null,
): Record<string, string> {
  const inherited = allowed.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(inherited),
    ...(devices === null ? {} : { CUDA_VISIBLE_DEVICES: devices.ids.join(',') }),
    PYTHONPATH: installation.pythonPath,
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    NACRE_TASK_MODULES: 'nacre_quantization.tasks',
    OMP_NUM_THREADS: String(threads),
    TOKENIZERS_PARALLELISM: 'false',
    HF_HUB_OFFLINE: '1',
    TRANSFORMERS_OFFLINE: '1',
    CUBLAS_WORKSPACE_CONFIG: ':4096:8',
  };
}
