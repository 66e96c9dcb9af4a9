import { dirname, resolve } from 'node:path';

import { InvalidStudy } from '@nacre/contracts/errors';
import { resolveStudy, type Study } from '@nacre/contracts/study';

import { readMapping } from '../recipe/read-mapping.js';

/** A study and the files that belong to it, as absolute paths. */
export interface StudyFile {
  readonly study: Study;
  /** As it was named, for commands on the page. */
  readonly file: string;
  readonly recipeFile: string;
  readonly resultsFile: string;
}

/**
 * Reads a study file (YAML or JSON). Its results stand beside it, as <study>.results.json, unless `out` names a file.
 *
 * @throws InvalidStudy naming the file and every fault in it
 */
export async function readStudy(file: string, out?: string): Promise<StudyFile> {
  const document = await readMapping(file, { kind: 'study' });
  try {
    const study = resolveStudy(document);
    return {
      study,
      file,
      recipeFile: resolve(dirname(file), study.recipe),
      resultsFile: resolve(out ?? `${file.replace(/\.(ya?ml|json)$/, '')}.results.json`),
    };
  } catch (error) {
    if (error instanceof InvalidStudy) throw new InvalidStudy(`${file}:\n${error.message}`);
    throw error;
  }
}
