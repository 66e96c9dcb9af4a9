import { ContractViolation } from '@nacre/contracts/errors';

/** A stage as a picture needs it: names of the form teacher/llama-tiny/fold-0. */
export interface GraphStage {
  readonly name: string;
  readonly kind: string;
  /** Names of the stages it reads or waits for. */
  readonly needs: readonly string[];
}

/** A stage with its place, in units of layers and rows. */
export interface PlacedStage {
  readonly stage: GraphStage;
  readonly layer: number;
  readonly row: number;
  readonly fold: number | null;
}

/** A picture of the graph before it is drawn. */
export interface StageGraphLayout {
  readonly layers: number;
  readonly rows: number;
  readonly placed: readonly PlacedStage[];
  /** Needs that do not follow from other needs. */
  readonly edges: readonly { readonly from: PlacedStage; readonly to: PlacedStage }[];
  /** Rows, and the layers, that a fold takes. */
  readonly bands: readonly {
    readonly fold: number;
    readonly row: number;
    readonly rows: number;
    readonly from: number;
    readonly to: number;
  }[];
}

/**
 * Places stages left to right by the longest path to them; what needs nothing stands just before its first reader.
 * Each fold has its own band of rows; what belongs to
 * no fold is centred, or stands above the bands where a layer has both.
 *
 * @throws ContractViolation for a need that is no stage, a name that is there twice, or a circle.
 */
export function stageGraphLayout(stages: readonly GraphStage[]): StageGraphLayout {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  if (byName.size < stages.length) throw new ContractViolation('two stages of a graph have the same name');
  const layerOf = layersByLongestPath(byName);
  const layers = Math.max(0, ...layerOf.values()) + 1;
  const members = (layer: number, fold: number | null) =>
    stages.filter((stage) => layerOf.get(stage.name) === layer && foldOf(stage) === fold);
  const folds = [...new Set(stages.map(foldOf))]
    .filter((fold) => fold !== null)
    .sort((left, right) => left - right);
  const indices = Array.from({ length: layers }, (_, layer) => layer);
  const heightOf = (fold: number) => Math.max(...indices.map((layer) => members(layer, fold).length));
  const foldHeight = folds.reduce((sum, fold) => sum + heightOf(fold), 0);
  const hasFolds = (layer: number) => folds.some((fold) => members(layer, fold).length > 0);
  const above = Math.max(0, ...indices.filter(hasFolds).map((layer) => members(layer, null).length));
  const alone = Math.max(
    0,
    ...indices.filter((layer) => !hasFolds(layer)).map((layer) => members(layer, null).length),
  );
  const rows = Math.max(above + foldHeight, alone);
  const placed: PlacedStage[] = [];
  const bands: StageGraphLayout['bands'][number][] = [];
  for (const layer of indices) {
    const own = members(layer, null);
    const top = hasFolds(layer) ? above - own.length : (rows - own.length) / 2;
    own.forEach((stage, index) => placed.push({ stage, layer, row: top + index, fold: null }));
  }
  let top = above;
  for (const fold of folds) {
    const height = heightOf(fold);
    const used = indices.filter((layer) => members(layer, fold).length > 0);
    bands.push({ fold, row: top, rows: height, from: Math.min(...used), to: Math.max(...used) });
    for (const layer of used) {
      const own = members(layer, fold);
      const start = top + (height - own.length) / 2;
      own.forEach((stage, index) => placed.push({ stage, layer, row: start + index, fold }));
    }
    top += height;
  }
  return { layers, rows, placed, edges: neededEdges(byName, placed), bands };
}

function foldOf({ name }: GraphStage): number | null {
  const fold = /(?:^|\/)fold-(\d+)$/.exec(name)?.[1];
  return fold === undefined ? null : Number(fold);
}

function layersByLongestPath(byName: ReadonlyMap<string, GraphStage>): Map<string, number> {
  const layers = new Map<string, number>();
  const visit = (name: string, path: readonly string[]): number => {
    const known = layers.get(name);
    if (known !== undefined) return known;
    if (path.includes(name))
      throw new ContractViolation(`stages need each other in a circle: ${[...path, name].join(', ')}`);
    const stage = byName.get(name);
    if (stage === undefined)
      throw new ContractViolation(`${path.at(-1) ?? 'the graph'} needs ${name}, which is no stage`);
    const layer = Math.max(0, ...stage.needs.map((need) => visit(need, [...path, name]) + 1));
    layers.set(name, layer);
    return layer;
  };
  for (const name of byName.keys()) visit(name, []);
  for (const { name } of [...byName.values()].filter(({ needs }) => needs.length === 0)) {
    const readers = [...byName.values()].filter(({ needs }) => needs.includes(name));
    if (readers.length > 0)
      layers.set(name, Math.min(...readers.map((reader) => layers.get(reader.name) ?? 1)) - 1);
  }
  return layers;
}

function neededEdges(
  byName: ReadonlyMap<string, GraphStage>,
  placed: readonly PlacedStage[],
): StageGraphLayout['edges'] {
  const ancestors = new Map<string, ReadonlySet<string>>();
  const ancestorsOf = (name: string): ReadonlySet<string> => {
    const known = ancestors.get(name);
    if (known !== undefined) return known;
    const needs = byName.get(name)?.needs ?? [];
    const all = new Set(needs.flatMap((need) => [need, ...ancestorsOf(need)]));
    ancestors.set(name, all);
    return all;
  };
  const places = new Map(placed.map((place) => [place.stage.name, place]));
  return placed.flatMap((to) => {
    const { needs } = to.stage;
    const direct = needs.filter(
      (need) => !needs.some((other) => other !== need && ancestorsOf(other).has(need)),
    );
    return [...new Set(direct)].flatMap((need) => {
      const from = places.get(need);
      return from === undefined ? [] : [{ from, to }];
    });
  });
}
