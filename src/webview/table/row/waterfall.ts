/** From the base to the score of a row, feature by feature: what a waterfall and a force bar draw. */

export interface Step {
  /** Which features it stands for; none for what the method leaves unexplained. */
  readonly features: readonly number[];
  readonly value: number;
  /** Standard error, where there is one. */
  readonly error?: number;
  /** Where it begins and ends on the score's axis. */
  readonly from: number;
  readonly to: number;
}

export interface RowAttribution {
  readonly base: number;
  readonly score: number;
  /** What each feature adds. */
  readonly values: ArrayLike<number>;
  readonly standardErrors?: ArrayLike<number>;
}

/**
 * The largest contribution comes first, as it is drawn on top; sums begin at the base with the last. Features beyond
 * `most` are folded into one step, the last but what the method leaves: base + all values is not the score of every method.
 */
export function waterfall({ base, score, values, standardErrors }: RowAttribution, most: number): Step[] {
  const order = Array.from({ length: values.length }, (_, feature) => feature).filter((feature) => Number.isFinite(values[feature]!)).sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || a - b);
  const shown = order.length > most ? order.slice(0, Math.max(1, most - 1)) : order, folded = order.slice(shown.length);
  const parts: Omit<Step, 'from' | 'to'>[] = shown.map((feature) => ({ features: [feature], value: values[feature]!, ...(standardErrors && { error: standardErrors[feature]! }) }));
  if (folded.length > 0) {
    parts.push({ features: folded, value: sum(folded.map((feature) => values[feature]!)), ...(standardErrors && { error: Math.sqrt(sum(folded.map((feature) => standardErrors[feature]! ** 2))) }) });
  }
  const left = score - base - sum(parts.map(({ value }) => value));
  if (Math.abs(left) > 1e-4 * Math.max(Math.abs(score - base), Math.abs(score), 1e-9)) parts.push({ features: [], value: left });
  const steps: Step[] = [];
  let at = base;
  for (const part of parts.reverse()) {
    steps.push({ ...part, from: at, to: at + part.value });
    at += part.value;
  }
  return steps.reverse();
}

/** The same as one bar: what lowers the score to its right, what raises it to its left, the largest next to it. */
export function force(steps: readonly Step[], score: number): Step[] {
  const side = (sign: number): Step[] => {
    let at = score;
    return steps.filter(({ value }) => Math.sign(value) === sign).sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).map((step) => {
      const to = at - step.value;
      const placed = { ...step, from: at, to };
      at = to;
      return placed;
    });
  };
  return [...side(1), ...side(-1)];
}

function sum(list: readonly number[]): number {
  return list.reduce((total, value) => total + value, 0);
}
