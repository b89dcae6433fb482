/** Which column tells what a row really is. */
import type { TableColumn } from './columns';

const clear = /^(target|targets|label|labels|class|classes|y|species|outcome|response|diagnosis|ground[ _]?truth|y[ _]?true)$/i;
const likely = /^(income|survived|churn|default|approved|approval|loan[ _]approval|loan[ _]status|quality|price|rings|status|result|variety|(is|has)[ _]fraud|fraud|risk|medv|.*[ _](target|label|class|outcome))$/i;

/**
 * Columns that may be the label, best first: those that are called so, then the last. Identifiers and texts are none.
 */
export function labelCandidates(columns: readonly TableColumn[]): number[] {
  const fits = ({ type }: TableColumn): boolean => type !== 'identifier' && type !== 'text';
  const places = columns.map((_, place) => place).filter((place) => fits(columns[place]!));
  const last = places.at(-1);
  const order = [...places.filter((place) => clear.test(columns[place]!.name.trim())), ...places.filter((place) => likely.test(columns[place]!.name.trim())), ...(last === undefined ? [] : [last])];
  return [...new Set(order)];
}

/** Whether a column's name says that it is the label. */
export function isLabelName(name: string): boolean {
  return clear.test(name.trim()) || likely.test(name.trim());
}
