import { trusted } from './html.js';

/** The one style sheet of the page: system fonts, light and dark, from a phone to a wide screen, and print. */
export const pageStyle = trusted(`
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #1f2630; --soft: #5d6775; --line: #e5e1d8; --faint: #f3f0e9;
  --accent: #25667e; --good: #2b7a4b; --reuse: #4a6fb3; --warn: #9a6206; --bad: #b3362b; --idle: #8b929c;
  --prior: #8b929c; --alone: #7b5ea7; --teacher: #b26a1f; --student: #25667e; --late: #12708a;
  --fold-0: #25667e; --fold-1: #b26a1f; --fold-2: #7b5ea7; --fold-3: #2b7a4b; --fold-4: #b3446c; --fold-5: #5d6775;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181d; --card: #1b2027; --ink: #e7e9ec; --soft: #9ba5b1; --line: #2f363f; --faint: #222830;
    --accent: #7cc0d8; --good: #72c394; --reuse: #92b1ea; --warn: #e2b15b; --bad: #f08a7e; --idle: #7d8692;
    --prior: #98a1ac; --alone: #b9a0e3; --teacher: #e6a763; --student: #7cc0d8; --late: #5fd0e6;
    --fold-0: #7cc0d8; --fold-1: #e6a763; --fold-2: #b9a0e3; --fold-3: #72c394; --fold-4: #ee8fb2; --fold-5: #9ba5b1;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 72px; }
h1 { font-size: 34px; line-height: 1.15; letter-spacing: -0.02em; font-weight: 650; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 21px; letter-spacing: -0.01em; font-weight: 640; margin: 0 0 4px; }
h3 { font-size: 14px; font-weight: 620; margin: 0 0 6px; overflow-wrap: anywhere; }
p { margin: 0 0 12px; max-width: 74ch; }
a { color: var(--accent); text-underline-offset: 2px; }
code, pre { font: 12.5px/1.5 ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace; }
section { margin-top: 44px; }
section > p { color: var(--soft); margin-bottom: 16px; }
.kicker { color: var(--soft); font-size: 13px; margin: 0 0 6px; overflow-wrap: anywhere; }
.title { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px; }
.lead { font-size: 18px; line-height: 1.5; margin: 16px 0 0; max-width: 68ch; }
.badge {
  display: inline-block; border: 1px solid currentColor; border-radius: 999px; padding: 1px 11px;
  font-size: 13px; font-weight: 600; white-space: nowrap;
}
td .state { white-space: nowrap; } .state::before { content: "\\25CF"; margin-right: 6px; font-size: 0.8em; }
.is-succeeded, .is-done { color: var(--good); } .is-hit { color: var(--reuse); }
.is-running, .is-queued, .is-looking_up { color: var(--accent); } .is-held, .is-paused { color: var(--warn); }
.is-failed { color: var(--bad); } .is-skipped, .is-waiting, .is-cancelled { color: var(--idle); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 12px; margin: 26px 0 0; }
.figure { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 18px 15px; }
.figure dt { color: var(--soft); font-size: 13px; }
.figure dd { margin: 2px 0 0; font-size: 26px; line-height: 1.2; font-weight: 620; letter-spacing: -0.015em; font-variant-numeric: tabular-nums; }
.figure small { display: block; margin-top: 4px; color: var(--soft); font-size: 13px; font-weight: 400; letter-spacing: 0; line-height: 1.4; }
.notes { margin: 22px 0 0; padding: 14px 20px; border-left: 3px solid var(--warn); background: var(--faint); border-radius: 0 10px 10px 0; }
.notes ul { margin: 0; padding-left: 18px; } .notes li + li { margin-top: 4px; } .notes li { overflow-wrap: anywhere; }
.links { margin: 18px 0 0; display: flex; flex-wrap: wrap; gap: 4px 20px; padding: 0; list-style: none; font-size: 14px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 18px 20px; margin-top: 14px; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 7px 14px 7px 0; text-align: left; vertical-align: baseline; border-bottom: 1px solid var(--line); }
tr:last-child > td, tbody tr:last-child > th { border-bottom: 0; }
thead th { color: var(--soft); font-weight: 550; font-size: 13px; white-space: nowrap; vertical-align: bottom; }
tbody th { font-weight: 550; }
th.n, td.n { text-align: right; white-space: nowrap; padding-left: 14px; } th:last-child, td:last-child { padding-right: 0; }
td.quiet, .quiet { color: var(--soft); } td.best { font-weight: 680; } td.mean, th.mean { border-left: 1px solid var(--line); padding-right: 0; }
.better { color: var(--good); } .worse { color: var(--bad); }
.long { overflow-wrap: anywhere; min-width: 180px; }
.name { white-space: nowrap; }
th .quiet { font-weight: 400; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); gap: 0 14px; align-items: start; }
.pair > * { min-width: 0; }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(300px, 100%), 1fr)); gap: 14px; }
.panels .card { margin: 0; padding: 14px 16px 8px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; color: var(--soft); margin: 0 0 12px; padding: 0; list-style: none; }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 7px; }
.plot svg { display: block; width: 100%; height: auto; max-width: 100%; overflow: visible; }
.wide { display: block; } .narrow { display: none; }
.graph svg { display: block; max-width: none; }
details { margin-top: 14px; } summary { cursor: pointer; color: var(--accent); font-size: 14px; } details details { margin: 0; }
pre { overflow-x: auto; background: var(--faint); border-radius: 10px; padding: 16px 18px; margin: 12px 0 0; }
footer { margin-top: 56px; color: var(--soft); font-size: 13px; border-top: 1px solid var(--line); padding-top: 14px; }
@media (max-width: 720px) {
  main { padding: 26px 16px 48px; } h1 { font-size: 27px; } .lead { font-size: 17px; } section { margin-top: 36px; }
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 10px; } .figure { padding: 11px 13px; } .figure dd { font-size: 21px; }
  .card { padding: 14px; } tbody th { position: sticky; left: 0; background: var(--card); } th, td { padding-right: 10px; } th.n, td.n { padding-left: 10px; }
  .wide { display: none; } .narrow { display: block; }
}
@media print { body { background: #fff; } .card, .figure { break-inside: avoid; } details { display: none; } }
`);
