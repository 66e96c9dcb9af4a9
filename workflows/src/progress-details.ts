import type { Progress, StageState } from '@nacre/contracts/run';

const signs: Readonly<Record<StageState['state'], string>> = {
  waiting: '·',
  looking_up: '?',
  queued: '…',
  running: '▶',
  paused: '⏸',
  hit: '♻',
  done: '✔',
  held: '✋',
  skipped: '⤼',
  failed: '✘',
  cancelled: '◼',
};

/** The run as Markdown for the current details in the Temporal UI: what it waits for, then the stages. */
export function progressDetails(progress: Progress): string {
  const finished = progress.stages.filter(({ state }) => state === 'done' || state === 'hit').length;
  const lines = [
    `**${progress.recipe_name}** — ${progress.state}, ${String(finished)} of ${String(progress.stages.length)} stages`,
  ];
  for (const { queue, command } of progress.waits_for) {
    lines.push('', `Waits: no worker polls \`${queue}\`; start one with \`${command}\``);
  }
  if (progress.message !== null) lines.push('', progress.message);
  if (progress.state === 'paused')
    lines.push('', `Paused: \`npx nacre resume ${progress.workflow_id}\` goes on`);
  const held = progress.stages.filter(({ state }) => state === 'held');
  for (const { name } of held) {
    lines.push('', `Held: \`npx nacre retry ${progress.workflow_id} ${name}\` (or \`--skip\`, \`--abort\`)`);
  }
  lines.push('', '| | stage | state | seconds | |', '|---|---|---|---:|---|');
  for (const stage of progress.stages) {
    lines.push(
      `| ${signs[stage.state]} | ${stage.name} | ${stage.state} | ${seconds(stage)} | ${cell(stage.message)} |`,
    );
  }
  return lines.join('\n');
}

function seconds({ started_at, ended_at }: StageState): string {
  return started_at === null || ended_at === null ? '' : ((ended_at - started_at) / 1000).toFixed(1);
}

/** The first line of a message, as one cell of the table. */
function cell(message: string | null): string {
  return (message?.split('\n')[0] ?? '').replaceAll('|', '\\|');
}
