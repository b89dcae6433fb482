/** All methods over whole tables, in the order people see them. */
import { pdp } from './pdp';
import type { TableMethod } from './tableMethod';

export const tableMethods: readonly TableMethod[] = [pdp];

/** Throws for an unknown id, naming those there are. */
export function tableMethodById(id: string): TableMethod {
  const found = tableMethods.find((method) => method.id === id);
  if (!found) throw new Error(`method '${id}': not found, expected one of ${tableMethods.map((method) => method.id).join(', ')}`);
  return found;
}
