import type { Recipe } from '@nacre/contracts/recipe';

import { html, type Html } from '../page/html.js';

/** The recipe as it was obeyed, every default applied. */
export function recipeSection(recipe: Recipe): Html {
  return html`<section id="recipe">
    <h2>Recipe</h2>
    <p>As it was obeyed: every default is applied. Nothing under <code>run</code> enters a stage key.</p>
    <details>
      <summary>${recipe.name}, resolved</summary>
      <pre>${JSON.stringify(recipe, null, 2)}</pre>
    </details>
  </section>`;
}
