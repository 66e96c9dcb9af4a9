/** What the reference says before its tables. */
export const opening = `# Recipe reference

<!-- Written by tools/export-recipe-reference.mts from libs/contracts/src/recipe; do not edit. -->

A recipe is one YAML or JSON file. \`npx nacre init\` writes a commented one, \`npx nacre resolve recipe.yaml\`
prints it with every default filled in, \`npx nacre start recipe.yaml\` runs it. An unknown key, a wrong type or a
contradiction is refused with its place before anything starts (exit code 2).

**In an editor**, completion, types and these descriptions come from [recipe.schema.json](recipe.schema.json). With
the YAML language server (VS Code, Neovim, Zed, …) the first line of the recipe names it:

\`\`\`yaml
# yaml-language-server: $schema=<path to this repository>/docs/recipe.schema.json
\`\`\`

**One file on top of another.** \`extends: base.yaml\` takes that file, relative to this one, as the ground: maps merge
key by key, lists and single values replace. The other file may extend a third one. \`--set path=value\` then changes
one value from the command line, e.g. \`--set folds.count=3\`, \`--set 'labels=[model_a, model_b]'\`; the value is read as
YAML, and \`null\` removes the key, so that its default counts again (\`--set post_pretrain=null\` leaves that step out).

**What a change costs.** Everything but \`name\` and \`run\` enters the keys of the stages that read it: change
\`quantize.damping\` and only quantization and what follows it are computed again. Nothing under \`run\` ever enters a key.

**Where a value must stand for several names**, such as sources or models, \`<name>\` in a table is a name of your
choice: lower-case letters, digits and hyphens (underscores too for sources).
`;

/** One introduction per section, by top-level key; \`file\` gathers what is no map. */
export const introductions: Readonly<Record<string, string>> = {
  file: 'What the file says of itself.',
  data: `Every source of rows, by a name of your choice. The names \`train\`, \`extra\`, \`ut\`, \`test\` and
\`sample_submission\` imply their \`use\`; any other name states it. Exactly one source is \`use: train\`; folds are cut
from it. Rows of \`extra\` sources are trained on in every fold whose held-out rows do not share their prompt. A local
path is relative to the recipe file; \`nacre start\` uploads the file, and the run names it by its sha256. A source that
is not in a format that [data.md](data.md#formats) names maps its columns (\`format: columns\`);
\`npx nacre init --from columns\` shows every key.`,
  folds: `Rows of one prompt stay together, and each fold has the shares of the labels of the whole. The blind slice is
seen by no fold: it measures the merged and the 8-bit student.`,
  prompt: 'One text per comparison, the same for teachers and student.',
  models: `Bases that teachers and student adapt, by name. In this version a base is tiny and made by the run: a fixture
for machines without a GPU. What it reaches says nothing about real models.`,
  training:
    'What post-pretraining, teachers and student have in common: LoRA on a frozen base, AdamW, a cosine schedule.',
  post_pretrain: `Left out, the step is left out. With it every base is first trained on other preference data, and the
adapter that comes out is where each fold begins; the head begins anew.`,
  teachers: `One entry per teacher, named like its model; \`llama: {}\` takes the defaults. Each is trained once per fold
and teaches only the student of its own fold. Without teachers (\`teachers: {}\`) the student learns from the votes alone.`,
  student: `The loss of a row is the mean of cross-entropy with the vote and, per teacher, of the divergence and the cosine
term; with all weights 1 it is the winner's mean of 1 + 2 × teachers terms. A weight of 0 leaves a term out of the mean.`,
  controls: 'Extra arms of the experiment; they cost time and change no result.',
  merge: 'The students of all folds become one model.',
  quantize: 'The merged student in 8 bits; measured on the blind rows beside the unquantized one.',
  predict: 'What ends in submission.csv.',
  gates: 'Conditions that stop a run before it spends time on what cannot be trusted.',
  run: `How and where the stages run. Workers poll \`nacre-control\`, \`nacre-data\` and the queue of the GPU pool;
\`npx nacre doctor --recipe recipe.yaml\` says which of them nobody polls. An open run keeps the settings it was started
with.`,
};
