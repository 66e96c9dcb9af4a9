import { studySchema } from '@nacre/contracts/study';

import { readResults } from './results-file.js';
import type { StudyFile } from './read-study.js';
import { studySection } from './study-page.js';

/**
 * The page of several studies: what a study is, and the section of each. It depends on the files alone, so that
 * the committed page can be compared with what they say.
 *
 * @throws InvalidStudy when results do not fit their study
 */
export async function studiesPage(files: readonly StudyFile[]): Promise<string> {
  const sections: string[] = [];
  let measured = 0;
  for (const file of files) {
    const results = await readResults(file.resultsFile);
    measured += results?.runs.length ?? 0;
    sections.push(studySection(file, results));
  }
  const none =
    measured > 0
      ? []
      : ['**No study has been run yet**: below are the questions, and how they are asked.', ''];
  const command = `npx nacre study ${files.map(({ file }) => file).join(' ')} --render`;
  return `${[...introduction(), ...none, ...sections.flatMap((section) => [section, '']), `Rendered by \`${command}\`.`].join('\n')}\n`;
}

function introduction(): string[] {
  return [
    '# Studies',
    '',
    'A study asks one question of recipes that differ in one thing: every arm is run with every seed, and the arms are',
    'compared row by row on the blind rows, which no model trains on or is chosen by under any label policy.',
    'The models are tiny and the rows are those of the synthetic arena: what a study finds shows that the options do',
    'what they say and how large their effects are *there*. It is no evidence about full-size models or real votes.',
    '',
    '- `npx nacre study FILE` needs servers and a worker (`npx nacre dev`, `npx nacre worker`), says first how many runs,',
    '  how many different stages and how much time it takes, and by what it knows that. Stages that arms share are',
    '  computed once. Stopped, it goes on with the same command: a finished run is found again, an open one is joined.',
    '- Its raw rows are kept in `<study>.results.json` beside the study, or in `--out`; every number below comes from them.',
    '- A difference is this arm minus the other: below 0, this arm is better. The interval draws prompt groups again,',
    '  each with its rows under every seed; the seeds themselves are not drawn, so *by seed* shows the least and the',
    '  greatest difference of one seed. *better* and *worse* need an interval on one side of 0, every seed on the same',
    '  side, and at least two seeds; all else is *undecided*, and stays in the table.',
    '- Many comparisons are made; of every twenty intervals of arms without any effect, one lies beside 0.',
    '',
    '## A study file',
    '',
    '| key | meaning |',
    '|:--|:--|',
    ...Object.entries(studySchema.shape).map(
      ([key, { description = '' }]) => `| \`${key}\` | ${description.replaceAll('|', '\\|')} |`,
    ),
    '',
  ];
}
