/** Rows of a list, fetched a page at a time as they come into view. */
import type { TableRowInfo, TableRowsParams, TableRowsResult } from '../../../protocol/table';

export type RowQuery = Pick<TableRowsParams, 'numbers' | 'actual' | 'said' | 'sort' | 'target'>;
export type AskRows = (params: RowQuery & { readonly offset: number; readonly limit: number }) => Promise<TableRowsResult>;

const pageRows = 200, mostPages = 40, fileRows = 1000;

export class RowPages {
  /** Rows that fit; undefined until the first page has come. */
  total: number | undefined;
  private readonly pages = new Map<number, readonly TableRowInfo[] | 'asked'>();

  constructor(private readonly query: RowQuery, private readonly ask: AskRows, private readonly arrived: (error?: unknown) => void) {}

  /** The row at a place of the list; undefined while it is on its way. */
  at(place: number): TableRowInfo | undefined {
    const page = this.pages.get(Math.floor(place / pageRows));
    return page === 'asked' ? undefined : page?.[place % pageRows];
  }

  /** Asks for the rows from `first` to `last` that are not there yet. */
  want(first: number, last: number): void {
    for (let page = Math.floor(first / pageRows); page <= Math.floor(Math.max(first, last - 1) / pageRows); page++) {
      if (this.pages.has(page)) continue;
      this.pages.set(page, 'asked');
      void this.ask({ ...this.query, offset: page * pageRows, limit: pageRows }).then(({ total, rows }) => {
        this.total = total;
        this.pages.set(page, rows);
        this.forget(page);
        this.arrived();
      }, (error: unknown) => {
        this.pages.delete(page);
        this.arrived(error);
      });
    }
  }

  /** All rows, for files. */
  async all(): Promise<TableRowInfo[]> {
    const found: TableRowInfo[] = [];
    for (;;) {
      const { total, rows } = await this.ask({ ...this.query, offset: found.length, limit: fileRows });
      found.push(...rows);
      if (rows.length === 0 || found.length >= total) return found;
    }
  }

  /** What was looked at longest ago makes room. */
  private forget(latest: number): void {
    for (const page of this.pages.keys()) {
      if (this.pages.size <= mostPages) return;
      if (page !== latest) this.pages.delete(page);
    }
  }
}
