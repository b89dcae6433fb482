/** The keyboard's cursor over the cells of a slice, the same in its colours and in its numbers. */

export interface Cell { readonly row: number; readonly column: number }

/** The nearest cell of a slice. */
export function cellWithin({ row, column }: Cell, { rows, columns }: { readonly rows: number; readonly columns: number }): Cell {
  return { row: Math.max(0, Math.min(rows - 1, row)), column: Math.max(0, Math.min(columns - 1, column)) };
}

/** Where a key leads: arrows by one cell or, with Ctrl, ten; pages by ten rows; Home and End along the row or, with Ctrl, to the corners. */
export function cellAfterKey({ key, ctrlKey }: Pick<KeyboardEvent, 'key' | 'ctrlKey'>, { row, column }: Cell, size: { readonly rows: number; readonly columns: number }): Cell | undefined {
  const step = ctrlKey ? 10 : 1;
  const targets: Readonly<Record<string, Cell>> = {
    ArrowLeft: { row, column: column - step }, ArrowRight: { row, column: column + step }, ArrowUp: { row: row - step, column }, ArrowDown: { row: row + step, column },
    PageUp: { row: row - 10, column }, PageDown: { row: row + 10, column },
    Home: { row: ctrlKey ? 0 : row, column: 0 }, End: { row: ctrlKey ? size.rows - 1 : row, column: size.columns - 1 },
  };
  return Object.hasOwn(targets, key) ? cellWithin(targets[key]!, size) : undefined;
}
