/** Search attributes of a run, with Temporal's names for their types. */
export const searchAttributeTypes = {
  NacreRecipe: 'Keyword',
  NacreState: 'Keyword',
  NacreLogLoss: 'Double',
} as const;

export type SearchAttributeName = keyof typeof searchAttributeTypes;
