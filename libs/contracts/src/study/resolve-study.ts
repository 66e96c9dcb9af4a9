import { InvalidStudy } from '../errors/invalid-study.js';
import { schemaFaults } from '../recipe/schema-faults.js';
import { type Study, studySchema } from './study.js';

/**
 * A study with every default applied.
 *
 * @throws InvalidStudy with every fault, each with its place, one per line
 */
export function resolveStudy(document: unknown): Study {
  const parsed = studySchema.safeParse(document);
  if (!parsed.success) throw new InvalidStudy(schemaFaults(parsed.error, 'study').join('\n'));
  const faults = contradictions(parsed.data);
  if (faults.length > 0) throw new InvalidStudy(faults.join('\n'));
  return parsed.data;
}

/** The arm that an arm is compared with; undefined for one that only others are compared with. */
export function comparedWith({ baseline, against }: Study, arm: string): string | undefined {
  return against[arm] ?? (arm === baseline ? undefined : baseline);
}

function contradictions(study: Study): string[] {
  const arms = Object.keys(study.arms);
  const known = arms.join(', ');
  const unknown = (place: string, arm: string) =>
    arms.includes(arm) ? [] : [`${place}: there is no arm ${arm}; there are ${known}`];
  const comparedWithItself = arms.filter((arm) => comparedWith(study, arm) === arm);
  const seeded = Object.entries(study.arms).flatMap(([arm, changes]) =>
    Object.keys(changes)
      .filter((key) => study.seed_keys.some((seed) => seed === key || seed.startsWith(`${key}.`)))
      .map((key) => `arms.${arm}.${key}: the seed stands there (seed_keys); remove one of the two`),
  );
  const long = arms
    .filter((arm) => `${study.name}-${arm}`.length > 40)
    .map((arm) => `arms.${arm}: ${study.name}-${arm}, the name of its runs, has more than 40 characters`);
  const run = Object.entries(study.arms).flatMap(([arm, changes]) =>
    Object.keys(changes)
      .filter((key) => key === 'name' || key === 'run' || key.startsWith('run.'))
      .map((key) => `arms.${arm}.${key}: no model depends on it; arms that differ in it alone are one run`),
  );
  return [
    ...unknown('baseline', study.baseline),
    ...Object.entries(study.against).flatMap(([arm, other]) => [
      ...unknown('against', arm),
      ...unknown(`against.${arm}`, other),
    ]),
    ...comparedWithItself.map((arm) => `against.${arm}: compared with itself`),
    ...long,
    ...seeded,
    ...run,
  ];
}
