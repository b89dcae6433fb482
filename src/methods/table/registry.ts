/** All methods over whole tables, in the order people see them. */
import { ale } from './ale';
import { ale2d } from './ale2d';
import { ceterisParibus } from './ceterisParibus';
import { columnAblation } from './columnAblation';
import { counterfactual } from './counterfactual';
import { deepLift } from './deepLift';
import { distil } from './distil';
import { integratedGradients } from './integratedGradients';
import { interaction } from './interaction';
import { lime } from './lime';
import { nearestRows } from './nearestRows';
import { pdp } from './pdp';
import { pdp2d } from './pdp2d';
import { permutationImportance } from './permutationImportance';
import { morris, sobol } from './sensitivity';
import { exactShap, kernelShap, permutationShap } from './shap';
import { shapSummary } from './shapSummary';
import type { TableMethod } from './tableMethod';

export const tableMethods: readonly TableMethod[] = [
  permutationImportance, columnAblation, shapSummary, pdp, pdp2d, ale, ale2d, interaction, morris, sobol,
  kernelShap, exactShap, permutationShap, lime, integratedGradients, deepLift, ceterisParibus, nearestRows, counterfactual, distil,
];

/** Throws for an unknown id, naming those there are. */
export function tableMethodById(id: string): TableMethod {
  const found = tableMethods.find((method) => method.id === id);
  if (!found) throw new Error(`method '${id}': not found, expected one of ${tableMethods.map((method) => method.id).join(', ')}`);
  return found;
}
