import type { Evaluation } from './evaluation.mjs';
import type { Estimate } from './resampled-means.mjs';

/** A gap between student alone and teachers below which nothing is said of how much of it the student closes. */
const SMALLEST_GAP = 0.04;

/** An evaluation as Markdown tables; the last line is the command that makes them again. */
export function evaluationMarkdown(
  { rows, arms, folds, distillation }: Evaluation,
  {
    workflowId,
    seed,
    command,
  }: { readonly workflowId: string; readonly seed: number; readonly command: string },
): string {
  return [
    `Run \`${workflowId}\` on ${rows.toLocaleString('en')} fresh rows (seed ${seed}) against their true distribution: ` +
      'expected loss −Σ p_true ln p_model, 95 % intervals by bootstrap over rows.',
    '',
    '| | expected loss | minus prior | 95 % interval | gap to Bayes closed |',
    '|:--|--:|--:|:-:|--:|',
    ...arms.map(({ arm, title, expected_loss, to_prior, gap_closed }) =>
      arm === 'prior'
        ? row(title, loss(expected_loss), '', '', percent(gap_closed.value))
        : row(
            title,
            loss(expected_loss),
            signed(to_prior.value),
            interval(to_prior, signed),
            percent(gap_closed.value),
          ),
    ),
    '',
    ...(distillation === null ? [] : [distillationSentence(distillation), '']),
    '| fold | model | | expected loss | minus prior | 95 % interval |',
    '|--:|:--|:--|--:|--:|:-:|',
    ...folds.map(({ arm, model, fold, expected_loss, to_prior }) =>
      row(
        String(fold),
        model,
        arm.replace('_', ' '),
        loss(expected_loss),
        signed(to_prior.value),
        interval(to_prior, signed),
      ),
    ),
    '',
    `\`${command}\``,
  ].join('\n');
}

function distillationSentence({ gap, closed }: NonNullable<Evaluation['distillation']>): string {
  const size = `Student alone minus teachers: ${signed(gap.value)} (${interval(gap, signed)})`;
  return gap.value < SMALLEST_GAP
    ? `${size}, less than ${SMALLEST_GAP}: how much of it the student closes is undetermined.`
    : `${size}; the student closes ${percent(closed.value)} (${interval(closed, percent)}) of it.`;
}

function row(...cells: string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function loss(value: number): string {
  return value.toFixed(4);
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1).replace('-', '−')} %`;
}

function interval({ interval: [from, to] }: Estimate, text: (value: number) => string): string {
  return `${text(from)} … ${text(to)}`;
}
