/** What a counterfactual may change: what the reader chose, as the method's parameters. */
import type { Feature } from '../../../protocol/table';

/** Of one feature. */
export interface Limit {
  readonly locked?: boolean;
  readonly low?: number;
  readonly high?: number;
  /** May only rise (1) or only fall (−1). */
  readonly direction?: 1 | -1;
}

export type Limits = ReadonlyMap<number, Limit>;

export interface LimitParameters {
  /** Features that may change, by name; absent where all may. */
  readonly features?: readonly string[];
  readonly ranges: string;
  readonly monotone: string;
}

export function limitParameters(features: readonly Feature[], limits: Limits): LimitParameters {
  const free = features.filter((_, at) => !limits.get(at)?.locked), open = [...limits].filter(([, { locked }]) => !locked).sort(([a], [b]) => a - b);
  // By number: a name may hold the very characters that separate.
  const ranges = open.filter(([, { low, high }]) => low !== undefined || high !== undefined).map(([at, { low, high }]) => `#${at} = ${low ?? ''}..${high ?? ''}`);
  const monotone = open.filter(([, { direction }]) => direction !== undefined).map(([at, { direction }]) => `#${at} ${direction === 1 ? '+' : '-'}`);
  return { ...(free.length < features.length && { features: free.map(({ name }) => name) }), ranges: ranges.join('; '), monotone: monotone.join(', ') };
}

/** How many features have a limit of any kind. */
export function limitCount(limits: Limits): number {
  return [...limits.values()].filter(({ locked, low, high, direction }) => locked === true || low !== undefined || high !== undefined || direction !== undefined).length;
}

/** The answer a counterfactual is to get, as the method's `desired`: a class by name, or a range of values. */
export type Wanted = { readonly kind: 'any' } | { readonly kind: 'class'; readonly name: string } | { readonly kind: 'above' | 'below'; readonly value: number } | { readonly kind: 'between'; readonly low: number; readonly high: number };

export function desiredText(wanted: Wanted): string {
  switch (wanted.kind) {
    case 'any': return '';
    case 'class': return wanted.name;
    case 'above': return `>${wanted.value}`;
    case 'below': return `<${wanted.value}`;
    case 'between': return `${wanted.low}..${wanted.high}`;
  }
}

/** What a wish is about. */
export interface Situation {
  readonly outputs: readonly string[];
  readonly task: 'classification' | 'regression';
  /** Which of the outputs is explained. */
  readonly target: number;
  /** What the model says of the row before. */
  readonly own: readonly number[];
}

/** Whether a row's outputs are what was wanted; undefined where the method alone knows. */
export function isReached(wanted: Wanted, prediction: readonly number[], { outputs, task, target, own }: Situation): boolean | undefined {
  const value = prediction[target]!;
  const place = (list: readonly number[]): number => (list.length === 1 ? Number(list[0]! > 0.5) : list.reduce((most, value, at) => (value > list[most]! ? at : most), 0));
  switch (wanted.kind) {
    // Of values without a wish the method chooses a side by the table's median.
    case 'any': return task === 'classification' ? place(prediction) !== place(own) : undefined;
    case 'class': return outputs.length === 1 ? (place(prediction) === 1) === (wanted.name === outputs[0]) : outputs[place(prediction)] === wanted.name;
    case 'above': return value >= wanted.value;
    case 'below': return value <= wanted.value;
    case 'between': return value >= wanted.low && value <= wanted.high;
  }
}
