import { families } from './edited-prompt.mjs';
import type { PlantedGate } from './planted-gate.mjs';
import { lengths, type PlantedRecall } from './planted-recall.mjs';

/** What was planted and what was found, as Markdown. */
export function recallMarkdown({ recall, precision, found, planted, prompts }: PlantedRecall): string {
  return [
    `| edit | ${lengths.map(([least, most]) => `${least} to ${most} words`).join(' | ')} |`,
    `|:--|${lengths.map(() => '--:|').join('')}`,
    ...families.map(
      (family) =>
        `| ${family.replaceAll('_', ' ')} | ${recall[family].map((share) => percent(share, 1)).join(' | ')} |`,
    ),
    '',
    `Precision ${percent(precision, 2)}: of ${count(found)} pairs of prompts in one group. ${count(planted)} planted ` +
      `pairs among ${count(prompts)} different prompts.`,
  ].join('\n');
}

/** What the stages cost and found, as Markdown. */
export function gateMarkdown({ planted, red, steps, stoppedAfter }: PlantedGate): string {
  return [
    '| stage | rows | time | processor time | peak memory | longest gap of the event loop |',
    '|:--|--:|--:|--:|--:|--:|',
    ...steps.map(
      ({ step, rows, seconds, processorSeconds, peakBytes, longestGap }) =>
        `| ${step} | ${count(rows)} | ${seconds.toFixed(1)} s | ${processorSeconds.toFixed(1)} s | ${count(peakBytes / 2 ** 20)} MiB | ${longestGap.toFixed(0)} ms |`,
    ),
    '',
    `Planted pairs found, either order: ${red.map((rows, at) => `${count(rows)} of ${count(planted[at] ?? 0)} in ${['train', 'extra', 'post-pretraining'][at] ?? ''}`).join(', ')}. ` +
      `An abort in the middle of the gate ends it after ${stoppedAfter.toFixed(0)} ms.`,
  ].join('\n');
}

function percent(share: number, digits: number): string {
  return `${(100 * share).toFixed(digits)} %`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}
