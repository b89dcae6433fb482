/** Everything a session found out, for reports and files: the last answer to each question, whichever tab asked it. */
import type { EngineRequests } from '../../protocol/engine';
import type { ExplainTableParams, ExplainTableResult } from '../../protocol/table';
import type { TableQuality, TableQualityParams } from '../../protocol/tableQuality';
import type { TableQuestion } from '../../protocol/webview';

export class Found {
  private readonly explained = new Map<string, ExplainTableResult>();
  private readonly judged = new Map<string, TableQuality>();

  /** @param changed told after each answer that is kept. */
  constructor(private readonly changed: () => void) {}

  add<M extends TableQuestion>(question: M, params: unknown, result: EngineRequests[M]['result']): void {
    if (question === 'explainTable') {
      const { method, parameters = {}, features = [], row, values } = params as ExplainTableParams;
      // A row that is moved by sliders is another one many times a second: the last is kept.
      put(this.explained, JSON.stringify([method, parameters.surrogate, features, values ? 'typed' : row]), result as ExplainTableResult);
    } else if (question === 'tableQuality') {
      const { group, target } = params as TableQualityParams;
      put(this.judged, JSON.stringify([group, target]), result as TableQuality);
    } else return;
    this.changed();
  }

  get results(): readonly ExplainTableResult[] {
    return [...this.explained.values()];
  }

  /** The one with groups says what the others do, and more. */
  get qualities(): readonly TableQuality[] {
    const all = [...this.judged.values()], grouped = all.filter(({ group }) => group);
    return grouped.length > 0 ? grouped : all.slice(-1);
  }

  /** All of it, numbers as lists, what is no number as null. */
  json(): string {
    return `${JSON.stringify({ kind: 'tables', records: this.results.map(({ record }) => record), findings: this.results.map(({ finding, numbers }) => ({ ...finding, ...(numbers && { numbers }) })), quality: this.qualities }, (_, value: unknown) => (ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value), 1)}\n`;
  }
}

/** The newest stands last. */
function put<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
}
