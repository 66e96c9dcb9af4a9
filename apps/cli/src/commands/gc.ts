import { unreachableObjects, type UnreachableGroup } from '@nacre/artifact-store';
import type { Command } from 'commander';

import { textTable } from '../output.js';
import { withSession } from '../session.js';
import { UsageError } from '../usage-error.js';
import { does } from './command.js';

const groups: Readonly<Record<UnreachableGroup, string>> = {
  blob: 'files that no artifact names',
  manifest: 'artifacts that no stage and no name leads to',
  checkpoint: 'checkpoints of stages that are published or unknown',
  unfinished_upload: 'uploads that were begun and not ended',
};

/** `nacre gc --dry-run`: what in the store nothing reaches; with --json also every object. Removes nothing. */
export function addGc(program: Command): void {
  const command = program
    .command('gc')
    .description('tell what in the store nothing reaches')
    .option('--dry-run', 'only tell; nothing is removed');
  does<{ dryRun?: boolean }>(command, async ({ output, options }) => {
    if (options.dryRun !== true) {
      throw new UsageError(
        'gc removes nothing in this version: give --dry-run to see what nothing reaches, and let lifecycle rules of the bucket remove',
      );
    }
    return withSession(async ({ store }) => {
      const totals = new Map<UnreachableGroup, { count: number; bytes: number }>();
      for await (const { group, key, size } of unreachableObjects(store)) {
        output.event({ type: 'unreachable', group, key, size });
        const total = totals.get(group) ?? { count: 0, bytes: 0 };
        totals.set(group, { count: total.count + 1, bytes: total.bytes + size });
      }
      const rows = [['GROUP', 'OBJECTS', 'BYTES', '']];
      for (const [group, words] of Object.entries(groups)) {
        const { count, bytes } = totals.get(group as UnreachableGroup) ?? { count: 0, bytes: 0 };
        output.event({ type: 'unreachable-group', group, count, bytes });
        rows.push([group, String(count), String(bytes), words]);
      }
      if (!output.json) process.stdout.write(`${textTable(rows, new Set([1, 2]))}\n`);
      return undefined;
    });
  });
}
