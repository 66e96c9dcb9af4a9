import { parseHTML } from 'linkedom';
import { beforeAll, describe, expect, it } from 'vitest';

import { renderReport } from './render-report.js';
import type { ReportInput } from './report-input.js';
import { sampleRun } from './sample/sample-run.js';
import { formatCount } from './text/numbers.js';

const HOSTILE = `"><script>alert("1")</script>'&\u0000\ud800`;

let input: ReportInput;
let page: string;

beforeAll(async () => {
  input = await sampleRun();
  page = renderReport(input);
});

/** The page as text: tags and style left out, entities and white space folded. */
function textOf(markup: string): string {
  return markup
    .replace(/<style>[^]*?<\/style>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

function withProgress(change: Partial<ReportInput['progress']>): ReportInput {
  return { ...input, progress: { ...input.progress, ...change } };
}

describe('the page of a finished run', () => {
  it('says in one sentence what was reached, and that tiny bases are a fixture', () => {
    const text = textOf(page);
    expect(text).toMatch(
      /The 8-bit student, asked in both orders, reaches a log loss of 0\.\d{4} on 172 blind rows: 0\.\d{4} better than the prior \(95 % interval 0\.\d{4} to 0\.\d{4}\)\./,
    );
    expect(text).toContain('a fixture for machines without a GPU');
    expect(text).toContain('demo-3fa4c1d2');
    expect(text).toContain('succeeded');
  });

  it('shows the fold x model table as the winner printed it, with the mean', () => {
    const row = /llama-tiny <span class="quiet">teacher<\/span>[^]*?<\/tr>/.exec(page)?.[0] ?? '';
    const cells = [...row.matchAll(/>(\d\.\d{3})</g)].map(([, cell]) => Number(cell));
    expect(cells).toHaveLength(4);
    const [first = 0, second = 0, third = 0, mean = 0] = cells;
    expect(Math.abs((first + second + third) / 3 - mean)).toBeLessThan(0.001);
  });

  it('shows every step of the waterfall, plotted and in a table', () => {
    for (const { title } of input.measurement?.waterfall ?? []) {
      expect(page.split(title).length, title).toBeGreaterThan(3);
    }
    expect(page).toContain('aria-label="Log loss of each step with its 95 % interval"');
  });

  it('asks what each pair of steps answers, and says where the rows cannot tell', () => {
    const section = /<section id="comparisons">[^]*?<\/section>/.exec(page)?.[0] ?? '';
    const text = textOf(section);
    expect(text).toMatch(
      /Does it matter which row a teacher speaks of\? Student against Permuted teachers −0\.\d{4}/,
    );
    expect(text).toMatch(
      /Is the merged student better than one of its parts\? Merged against Single fold, mean of 3/,
    );
    expect(text).toMatch(/What does calibrated rounding give back\? 8-bit against 8-bit, to nearest/);
    expect(text).toMatch(/gates\.merge cannot decide: the interval is too wide \+0\.0030/);
    expect(text).toContain('3 measurements in this store have looked at these blind rows');
    const [gate] = input.measurement?.gates ?? [];
    expect(textOf(page)).toContain(`${gate?.sentence ?? '?'}.`);
  });

  it('says where the loss comes from, with a row for each step and slice', () => {
    const section = /<section id="breakdown">[^]*?<\/section>/.exec(page)?.[0] ?? '';
    const found = input.measurement?.breakdowns ?? [];
    const last = found.at(-1);
    expect(section.split('out of fold</span>')).toHaveLength(5);
    const asked = found.filter(({ order_effect }) => order_effect !== null).length;
    expect(asked).toBeGreaterThan(0);
    expect(section.split('blind</span>')).toHaveLength(
      1 + asked + found.filter(({ slice }) => slice === 'blind').length,
    );
    for (const line of last?.confusion ?? []) expect(textOf(section)).toContain(` ${line.join(' ')} `);
    for (const { rows, voted } of last?.length_bias?.buckets ?? [])
      expect(textOf(section)).toMatch(new RegExp(`${(voted * 100).toFixed(1)} % .* ${String(rows)} `));
  });

  it('shows each scaling before and after, on the slices it has', () => {
    const section = /<section id="calibration">[^]*?<\/section>/.exec(page)?.[0] ?? '';
    const found = input.measurement?.calibrations ?? [];
    const slices = found
      .flatMap(({ out_of_fold, blind }) => [out_of_fold, blind])
      .filter((slice) => slice !== null);
    expect(section.split('<tr>')).toHaveLength(slices.length + 2);
    const [temperature] = found;
    expect(textOf(section)).toContain(`temperature ${temperature?.temperature?.toFixed(3) ?? '?'}`);
    for (const { before, after } of slices) {
      expect(textOf(section)).toContain(`${before.log_loss.toFixed(4)} ${after.log_loss.toFixed(4)}`);
    }
  });

  it('has a panel of loss curves per model, a row per stage, and its counts', () => {
    const text = textOf(page);
    for (const title of ['teacher/llama-tiny', 'student-alone', 'post-pretrain/gemma2-tiny']) {
      expect(page).toContain(`<h3>${title}</h3>`);
    }
    for (const { name } of input.progress.stages) expect(text).toContain(name);
    expect(text).toContain('70 of 75 stages were computed in this run, 5 came from the store.');
    expect(text).toMatch(/read 1,200 301 402 203/);
    expect(text).toContain('no pair of answers stands on both sides of a split');
  });

  it('names the rows whose prompts are nearly the same, by id, and the template that too many follow', () => {
    const text = textOf(page).replaceAll('\u202f', ' ');
    expect(text).toMatch(/test:17\s*train:803\s*prompts 0\.92 alike/);
    expect(text).toMatch(/21 prompts of 24 rows follow one template, train:64 among them/);
  });

  it('says per source and tokenizer how much text the limit left out', () => {
    const rows = [...parseHTML(page).document.querySelectorAll('#truncation tbody tr')].map((row) =>
      [...row.children].map(({ innerHTML }) => textOf(innerHTML).trim().replaceAll('\u202f', ' ')),
    );
    const made = input.manifests.filter(({ manifest }) => manifest.kind === 'tokenize');
    const expected = made.map(({ stage, manifest: { metrics } }) => {
      const cut = (metrics['truncated'] ?? 0) / 2;
      const comparisons = formatCount(metrics['comparisons'] ?? 0);
      const kept = cut === 0 ? '100.0 %' : `97.0 % ${cut} cut 27 · 53 · 80 %`;
      return [
        `${stage.slice('tokenize/'.length)} per_field · ${stage.endsWith('/test') ? '2,000' : '1,024'} tokens`,
        `${comparisons} ${cut === 0 ? 'none' : cut} cut`,
        ...Array<string>(4).fill(kept),
      ];
    });
    expect(rows).toEqual(expected);
    expect(new Set(made.map(({ manifest }) => manifest.metrics['truncated'] === 0)).size).toBe(2);
  });

  it('leaves truncation out where tokens come from a build that did not count it', () => {
    const uncounted = input.manifests.map(({ stage, manifest }) => ({
      stage,
      manifest: { ...manifest, metrics: { rows: 2, truncated: 0 } },
    }));
    expect(renderReport({ ...input, manifests: uncounted })).not.toContain('<h2>Truncation</h2>');
  });

  it('says what became of the time of all attempts, what was lost and what noticing it took', () => {
    const section = /<section id="goodput">[^]*?<\/section>/.exec(page)?.[0] ?? '';
    const text = textOf(section);
    expect(text).toMatch(
      /\d\d\.\d.% of \d min \d\d s of work went into steps whose result lives on\. 70 attempts were done, 1 vanished\. \d\.\d s were lost\. Noticing that an attempt had vanished took \d\.\d s on average\./u,
    );
    expect(section).toContain('aria-label="What the attempts of each stage kind spent their time on"');
    for (const { name, state } of input.progress.stages)
      expect(text.includes(` ${name} `) || state === 'hit', name).toBe(true);
  });

  it('tells of every artifact its key, manifest, bytes, commit and what it read', () => {
    const text = textOf(page);
    for (const { manifest } of input.manifests) {
      expect(page).toContain(`title="${manifest.created_by.stage_key}"`);
      expect(page).toContain(`title="${manifest.content_id}"`);
    }
    expect(text).toContain('torch 2.13.0 · device cpu');
    expect(page).toContain(`title="${input.manifests[0]?.manifest.created_by.git_commit ?? ''}"`);
    expect(text).toContain('"resolved_by": &quot;nacre 1&quot;'.replaceAll('"', '&quot;'));
  });

  it('needs nothing but itself: no address, no script, no style sheet, no font', () => {
    expect(page).not.toMatch(/(?:src|href|xlink:href|action|data)\s*=\s*["']?\s*(?:https?:)?\/\//i);
    expect(page).not.toMatch(/url\(|@import|<script|<link rel="stylesheet|<iframe|<object/i);
    expect(page.replaceAll('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/https?:\/\//);
  });

  it('is the same page for the same input, to the byte', () => {
    expect(renderReport(input)).toBe(page);
  });
});

describe('text from outside', () => {
  it('is escaped wherever it stands', () => {
    const stages = input.progress.stages.map((stage, index) =>
      index === 0
        ? {
            ...stage,
            name: HOSTILE,
            kind: HOSTILE,
            queue: HOSTILE,
            message: HOSTILE,
            needs: [`${HOSTILE} needed`],
          }
        : stage,
    );
    const [history] = input.histories;
    const [manifest] = input.manifests;
    const { measurement, goodput } = input;
    if (history === undefined || manifest === undefined || measurement === null || goodput === null)
      throw new Error('no sample');
    const hostile = renderReport({
      recipe: { ...input.recipe, name: HOSTILE },
      progress: {
        ...input.progress,
        workflow_id: HOSTILE,
        run_id: HOSTILE,
        message: HOSTILE,
        stages,
        waits_for: [{ queue: HOSTILE, command: HOSTILE }],
      },
      measurement: {
        ...measurement,
        notes: [HOSTILE],
        folds: measurement.folds.map((cell) => ({ ...cell, model: HOSTILE })),
        waterfall: measurement.waterfall.map((step) => ({ ...step, title: HOSTILE + step.title })),
      },
      goodput: {
        ...goodput,
        kinds: goodput.kinds.map((spent) => ({ ...spent, kind: HOSTILE })),
        stages: goodput.stages.map((spent) => ({ ...spent, stage: HOSTILE })),
      },
      histories: [{ ...history, stage: HOSTILE }],
      counts: [{ stage: HOSTILE, counts: { [HOSTILE]: 1 } }],
      leak: {
        red: 1,
        overlaps: [{ same: 'pair', set: HOSTILE, other: HOSTILE, rows: 1, red: true }],
        worst: [[HOSTILE, HOSTILE]],
        nearest: [{ ids: [HOSTILE, HOSTILE], similarity: 0.9 }],
        split: [{ rows: 30, prompts: 20, example_id: HOSTILE }],
      },
      manifests: [
        {
          stage: HOSTILE,
          manifest: {
            ...manifest.manifest,
            environment: { [HOSTILE]: HOSTILE },
            inputs: { [HOSTILE]: manifest.manifest.content_id },
          },
        },
      ],
      links: [{ title: HOSTILE, href: HOSTILE }],
    });
    const { document } = parseHTML(hostile);
    expect(document.querySelectorAll('script')).toHaveLength(0);
    expect(document.querySelectorAll('section').length).toBeGreaterThan(7);
    expect(document.querySelector('h1')?.textContent).toContain('"><script>alert("1")</script>\'&');
    expect(hostile.isWellFormed()).toBe(true);
    expect(hostile).not.toContain('\u0000');
  });

  it('is never an address that the page leads to', () => {
    const links = [
      'https://example.org/x',
      'javascript:alert(1)',
      '//example.org',
      '\\\\host\\share',
      'submission.csv',
    ];
    const linked = renderReport({ ...input, links: links.map((href) => ({ title: 'a file', href })) });
    expect([...linked.matchAll(/<a href="([^"]*)"/g)].map(([, href]) => href)).toEqual(['submission.csv']);
    expect(linked).toContain('<code>javascript:alert(1)</code>');
  });
});

describe('the page of a run that did not get everything', () => {
  it('says why a run failed, and that nothing was measured', () => {
    const failed = renderReport({
      ...withProgress({
        state: 'failed',
        message: 'data.train, row 7: the cell is not JSON',
        stages: input.progress.stages.map((stage, index) => ({
          ...stage,
          state: index === 0 ? ('failed' as const) : ('waiting' as const),
          started_at: index === 0 ? stage.started_at : null,
          ended_at: null,
          artifact: null,
        })),
      }),
      measurement: null,
      goodput: null,
      histories: [],
      counts: [],
      leak: null,
      manifests: [],
      links: [],
    });
    const text = textOf(failed);
    expect(text).toContain('The run failed before anything was measured.');
    expect(text).toContain('data.train, row 7: the cell is not JSON');
    expect(text).not.toContain('What each step is worth');
    expect(text).not.toContain('Goodput');
    expect(text).not.toContain('NaN');
  });

  it('stands without a single stage', () => {
    const empty = renderReport({ ...withProgress({ state: 'cancelled', stages: [] }), measurement: null });
    expect(textOf(empty)).toContain('No stage has begun.');
  });

  it('names the queue that nobody polls and the command that helps', () => {
    const waiting = withProgress({
      state: 'running',
      waits_for: [{ queue: 'nacre-gpu-8x80g', command: 'npx nacre worker --role gpu' }],
    });
    expect(textOf(renderReport(waiting))).toContain(
      'No worker polls nacre-gpu-8x80g; start one with: npx nacre worker --role gpu',
    );
  });

  it('marks a skipped fold and the stages that were skipped', () => {
    const { measurement } = input;
    if (measurement === null) throw new Error('no sample');
    const skipped = renderReport({
      ...withProgress({
        stages: input.progress.stages.map((stage) =>
          stage.name === 'student/fold-2' ? { ...stage, state: 'skipped' as const } : stage,
        ),
      }),
      measurement: {
        ...measurement,
        skipped_folds: [2],
        notes: ['Fold 2 of student gemma2-tiny is missing: it was skipped.'],
        folds: measurement.folds.map((cell) =>
          cell.fold === 2 && cell.role === 'student' ? { ...cell, score: null } : cell,
        ),
      },
    });
    expect(textOf(skipped)).toContain('Skipped: student/fold-2.');
    expect(textOf(skipped)).toContain('Fold 2 of student gemma2-tiny is missing');
    expect(skipped).toContain('<span class="quiet">skipped</span>');
  });

  it('does not call a model better whose interval includes 0', () => {
    const { measurement } = input;
    if (measurement === null) throw new Error('no sample');
    const waterfall = measurement.waterfall.map((step) => ({
      ...step,
      differences: step.differences.map((difference) => ({
        ...difference,
        value: -0.002,
        interval: [-0.01, 0.006] as [number, number],
      })),
    }));
    const text = textOf(renderReport({ ...input, measurement: { ...measurement, waterfall } }));
    expect(text).toContain(
      'which cannot be told from the prior: the difference is −0.0020 (95 % interval −0.0100 to +0.0060)',
    );
    expect(text).not.toContain('better than the prior');
  });

  it('draws a graph though a stage needs one that the run never named', () => {
    const stages = input.progress.stages
      .slice(0, 3)
      .map((stage) => ({ ...stage, needs: ['never/asked-for'] }));
    expect(renderReport(withProgress({ stages }))).toContain('class="stage-graph"');
  });

  it('works with two labels', async () => {
    const two = renderReport(await sampleRun({ labels: ['model_a', 'model_b'], name: 'two-class' }));
    expect(textOf(two)).toContain('two-class');
    expect(textOf(two)).not.toContain('vote tie');
    expect(textOf(two)).not.toContain('NaN');
  });
});
