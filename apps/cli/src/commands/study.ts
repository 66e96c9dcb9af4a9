import { assertStageNames, dryRun } from '@nacre/stages';
import { studyComparisons } from '@nacre/metrics';
import type { StudyResults } from '@nacre/contracts/study';
import type { Command } from 'commander';

import { exitCodes } from '../exit-codes.js';
import type { Output } from '../output.js';
import { withSession } from '../session.js';
import { readStudy, type StudyFile } from '../study/read-study.js';
import { readResults } from '../study/results-file.js';
import { runStudy } from '../study/run-study.js';
import { studiesPage } from '../study/studies-page.js';
import { comparisonTable } from '../study/study-page.js';
import { predictedTime, studyStages, timeText } from '../study/study-plan.js';
import { studyRuns, type StudyRun } from '../study/study-runs.js';
import { UsageError } from '../usage-error.js';
import { does } from './command.js';

interface StudyOptions {
  readonly out?: string;
  readonly dryRun?: boolean;
  readonly render?: boolean;
}

/** `nacre study FILE`: a grid of recipes and seeds, one table of paired differences. */
export function addStudy(program: Command): void {
  const command = program
    .command('study')
    .description('run a grid of recipes and seeds, and compare them row by row with intervals')
    .argument('<files...>', 'study file; several only with --render')
    .option('--out <file>', 'raw result rows (default: <study>.results.json beside the study)')
    .option('--dry-run', 'only say which runs there are, what they share and how long they will take')
    .option('--render', 'print the page of the studies from their results, and run nothing');
  does<StudyOptions>(command, async ({ output, options, words: files }) => {
    if (options.render === true) {
      if (options.out !== undefined && files.length > 1) throw new UsageError('--out goes with one study');
      const studies = await Promise.all(files.map((file) => readStudy(file, options.out)));
      process.stdout.write(await studiesPage(studies));
      return exitCodes.succeeded;
    }
    const [file = '', ...others] = files;
    if (others.length > 0) throw new UsageError('name one study at a time; several go with --render');
    const study = await readStudy(file, options.out);
    const runs = await studyRuns(study);
    const before = (await readResults(study.resultsFile)) ?? nothingOf(study);
    await tellPlan(study, runs, before, output);
    if (options.dryRun === true) return exitCodes.succeeded;
    const { code, results } = await withSession((session) => runStudy(session, study, runs, before, output));
    tellTable(study, results, output);
    return code;
  });
}

function nothingOf({ study }: StudyFile): StudyResults {
  return {
    nacre_study_results: 1,
    study: study.name,
    measured: study.measured,
    loss: 'votes',
    rows: [],
    runs: [],
  };
}

async function tellPlan(
  { study }: StudyFile,
  runs: readonly StudyRun[],
  before: StudyResults,
  output: Output,
): Promise<void> {
  for (const { recipe } of runs) assertStageNames(recipe, await dryRun(recipe));
  const { asked, distinct } = await studyStages(runs);
  const all = predictedTime(runs, before, study);
  output.event(
    {
      type: 'study-plan',
      study: study.name,
      arms: Object.keys(study.arms),
      seeds: study.seeds,
      runs: runs.length,
      measured: before.runs.length,
      stages: asked,
      distinct_stages: distinct,
      seconds: all?.seconds ?? null,
      from: all?.from ?? null,
    },
    [
      `study ${study.name}: ${String(Object.keys(study.arms).length)} arms, ${String(study.seeds.length)} seeds, ${String(runs.length)} runs, ${String(before.runs.length)} measured`,
      `stages     ${String(asked)} asked for, ${String(distinct)} different ones: the rest is shared`,
      all === undefined
        ? 'in all     not known until one run is measured'
        : `in all     ${timeText(all.seconds)}, ${all.from === 'measured' ? 'by the runs measured so far' : 'by the estimate in the study file'}`,
    ].join('\n'),
  );
}

function tellTable({ study }: StudyFile, results: StudyResults, output: Output): void {
  const comparisons = studyComparisons(study, results);
  output.event(
    { type: 'study', study: study.name, comparisons },
    `\n${comparisonTable(study, comparisons).join('\n')}`,
  );
}
