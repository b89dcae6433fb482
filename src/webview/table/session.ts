/** A session of a table's page: what was opened, what is chosen, and questions with the reader's choices filled in. */
import type { OpenTableResult, TableReading } from '../../protocol/table';
import type { TableQuestion } from '../../protocol/webview';
import type { Questions } from '../common/ask';
import { t } from '../common/strings';
import { Found } from './found';
import type { Choice, Selection, TableKnown, TableSession } from './tab';

export interface SessionOptions {
  readonly opened: OpenTableResult;
  readonly reading: TableReading;
  readonly choice: Choice;
  readonly questions: Questions<TableQuestion, TableKnown>;
  readonly selection: Selection;
  /** Told of what is chosen, and of the tab it is to be looked at in. */
  chosen(selection: Selection, go: string | undefined): void;
  /** Told when more is known. */
  found(): void;
}

export type OwnSession = TableSession & {
  readonly found: Found;
  /** Takes all its questions back. */
  end(): void;
};

export function openSession({ opened, reading, choice, questions, selection: first, chosen, found: told }: SessionOptions): OwnSession {
  const ending = new AbortController(), target = choice.target !== undefined && choice.target < reading.outputs.length ? choice.target : reading.target;
  const { target: _chosen, ...source } = choice;
  const found = new Found(told);
  let selection = first;
  const choose = (part: Partial<Selection>, go: string | undefined): void => {
    if (!ending.signal.aborted) chosen(selection = { ...selection, ...part }, go);
  };
  const session: OwnSession = {
    found, opened, reading, choice, target, targetName: reading.outputs[target] ?? reading.output, signal: ending.signal,
    features: reading.mapping.features.map(({ feature }) => feature),
    get selection() { return selection; },
    ask: async (question, params, signal, onProgress) => {
      const result = await questions.ask(question, { ...source, ...params }, signal ? AbortSignal.any([signal, ending.signal]) : ending.signal, onProgress);
      found.add(question, params, result);
      return result;
    },
    explain: (params, signal, onProgress) => session.ask('explainTable', { target, ...params }, signal, onProgress),
    without: (method) => {
      const info = opened.methods.find(({ id }) => id === method);
      return info && !info.applies ? info.reason ?? '' : undefined;
    },
    chooseFeature: (feature, go) => choose({ feature }, go),
    chooseRow: (row, go) => choose({ row }, go),
    end: () => ending.abort(),
  };
  return session;
}

/** 'probability of setosa', or the name of a value. */
export function scoreName({ reading, targetName }: Pick<TableSession, 'reading' | 'targetName'>): string {
  return reading.task === 'classification' ? t('probability of {0}', targetName) : targetName;
}
