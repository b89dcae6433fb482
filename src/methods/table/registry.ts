/** All methods over whole tables, in the order people see them. */
import { ale } from './ale';
import { ale2d } from './ale2d';
import { columnAblation } from './columnAblation';
import { counterfactual } from './counterfactual';
import { distil } from './distil';
import { interaction } from './interaction';
import { pdp } from './pdp';
import { pdp2d } from './pdp2d';
import { permutationImportance } from './permutationImportance';
import type { TableMethod } from './tableMethod';

export const tableMethods: readonly TableMethod[] = [permutationImportance, columnAblation, pdp, pdp2d, ale, ale2d, interaction, counterfactual, distil];

/** Throws for an unknown id, naming those there are. */
export function tableMethodById(id: string): TableMethod {
  const found = tableMethods.find((method) => method.id === id);
  if (!found) throw new Error(`method '${id}': not found, expected one of ${tableMethods.map((method) => method.id).join(', ')}`);
  return found;
}
