/** How a candidate's numbers become a score and a class. */
import type { Evidence } from '../head';
import { sigmoid } from '../head';
import type { Rows } from '../rows';

export interface Scored {
  readonly score: number;
  readonly classIndex: number;
  evidence(): Evidence;
  readonly caveat?: string;
}

export interface Scorer {
  readonly notes: readonly string[];
  of(row: number): Scored;
}

const looked = 4_000_000;

/** Whether values are probabilities: none is outside of 0…1 (with a little room for rounding); NaN says nothing. */
export function areProbabilities(rows: Rows, from: number, count: number): boolean {
  const most = Math.max(1, Math.floor(looked / Math.max(1, count)));
  for (let row = 0; row < Math.min(rows.count, most); row++) {
    for (let channel = from; channel < from + count; channel++) {
      const value = rows.get(row, channel);
      if (value < -1e-4 || value > 1.0001) return false;
    }
  }
  return true;
}

/** The best of independent classes; probabilities, or logits that get a sigmoid. */
export function classScores(rows: Rows, from: number, classes: number): Scorer {
  const probable = areProbabilities(rows, from, classes);
  return {
    notes: probable ? [] : ['class scores lie outside of 0…1, so they are taken as logits'],
    of: (row) => {
      const { index, value } = rows.best(row, from, classes);
      return { score: probable ? value : sigmoid(value), classIndex: index, evidence: () => rows.element(row, from + index), ...(!probable && { caveat: 'the class score before its sigmoid is explained' }) };
    },
  };
}

/** Objectness × best class; probabilities, or logits that get sigmoids. */
export function objectScores(rows: Rows, objectness: number, from: number, classes: number): Scorer {
  const probable = areProbabilities(rows, objectness, 1) && areProbabilities(rows, from, classes);
  return {
    notes: probable ? [] : ['scores lie outside of 0…1, so they are taken as logits'],
    of: (row) => {
      const { index, value } = classes ? rows.best(row, from, classes) : { index: 0, value: 1 }, object = rows.get(row, objectness);
      const score = probable ? object * value : sigmoid(object) * (classes ? sigmoid(value) : 1);
      const evidence = (): Evidence => (classes ? rows.several(probable ? 'product' : 'sum', row, [objectness], [from + index]) : rows.element(row, objectness));
      return { score, classIndex: index, evidence, ...(!probable && { caveat: 'objectness and class score before their sigmoids are explained, added up' }) };
    },
  };
}

/**
 * Classes that exclude each other, one of them "nothing": probabilities as they are, logits after a softmax.
 * @param nothing place of the class that means no object: 'first', 'last', or none.
 */
export function exclusiveScores(rows: Rows, from: number, channels: number, nothing: 'first' | 'last' | undefined): Scorer {
  const probable = areProbabilities(rows, from, channels), skip = nothing === 'first' ? 1 : 0, classes = channels - (nothing ? 1 : 0);
  return {
    notes: probable ? [] : ['class scores lie outside of 0…1, so they are taken as logits of a softmax'],
    of: (row) => {
      const { index, value } = rows.best(row, from + skip, classes);
      let score = value;
      if (!probable) {
        const most = Math.max(value, rows.best(row, from, channels).value);
        let sum = 0;
        for (let channel = 0; channel < channels; channel++) sum += Math.exp(rows.get(row, from + channel) - most);
        score = Math.exp(value - most) / sum;
      }
      return { score, classIndex: index, evidence: () => rows.element(row, from + skip + index), ...(!probable && { caveat: 'the class score before its softmax is explained' }) };
    },
  };
}
