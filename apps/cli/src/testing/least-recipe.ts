/** recipe.yaml with the least that a run needs, from the generator: no file is read. */
export const leastRecipeText = `nacre: 1
name: least
data: { train: { synthetic: { rows: 100, seed: 1 } }, test: { synthetic: { rows: 10, seed: 2 } } }
folds: { count: 2 }
models: { small: { tiny: { family: gemma2 } } }
teachers: {}
student: { base: small }
run: { pools: { gpu: { queue: nobody, device: cpu } } }`;
