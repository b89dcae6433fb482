/** Partition SHAP: groups of features share out the score, then their parts, wherever that matters most. */
import type { Coalition } from './features/coalitions';
import { explainedTensor, featureApplicability, paint, type Features } from './features/features';
import type { Attribution, Method, MethodContext, Progress, SelfCheck } from './method';
import { ParameterError, ParameterReader, resolveParameters } from './parameters';
import { gameOf, shapleyParameters, shapleyResult } from './shapley';
import { hierarchyOf, type Group } from './shapleyHierarchy';

/** Every open group keeps its coalition. */
const mostFeatures = 5000;

/**
 * Owen values: a group's share is split between its two parts by what each adds with and without the other, down a
 * hierarchy of neighbouring regions (columns that vary together, halves of a sequence). The group with the most at
 * stake is split first; what evaluations do not reach is spread evenly over the group's features. Adds up at any time.
 *
 * Owen 1977; as shap's `PartitionExplainer` with 500 evaluations, with a hierarchy of superpixels.
 */
export const partitionShap: Method = {
  id: 'partition-shap',
  title: 'Partition SHAP',
  question: 'Which groups of parts share out the score, and within them, which parts?',
  group: 'what-if-it-changes',
  source: 'Owen 1977, doi 10.1007/978-3-642-45494-3_7; Lundberg and Lee 2017, arXiv 1705.07874',
  kinds: ['image', 'table', 'text', 'sound', 'tensor'],
  needs: 'forward',
  hasLayer: false,
  onePlane: true,
  parameters: [
    { name: 'maxEvals', type: 'integer', default: 500, minimum: 2, maximum: 1_000_000, about: 'The most combinations that are tried; each split of a group takes two.' },
    ...shapleyParameters(),
  ],
  presets: { shap: { maxEvals: 500 } },
  reduction: () => 'sum',
  applies: featureApplicability,
  explain,
};

/** A group to be split, in one context: what is shown beside it, the score without and with it, and how much it counts. */
interface Open {
  readonly group: number;
  readonly beside: Coalition;
  readonly without: number;
  readonly within: number;
  readonly weight: number;
}

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(partitionShap, context.parameters).parameters);
  const game = await gameOf(context, parameters), { features, scores, whole, nothing } = game, { count: n } = features, { dims } = explainedTensor(context);
  if (n > mostFeatures) throw new ParameterError(`parameter 'features': found ${n} ${features.noun}, expected at most ${mostFeatures}; take larger ones`);
  const groups = hierarchyOf(context, features), most = parameters.number('maxEvals');
  const settled = new Float64Array(n), open = new Queue();
  const add = (item: Open): void => {
    if (groups[item.group]!.parts) open.push(item);
    else settled[groups[item.group]!.members[0]!]! += (item.within - item.without) * item.weight;
  };
  add({ group: groups.length - 1, beside: new Uint8Array(n), without: nothing, within: whole, weight: 1 });
  let evaluations = 2;
  while (open.size > 0 && evaluations + 2 <= most) {
    const splits = open.take(Math.max(1, Math.min(scores.batch >> 1, (most - evaluations) >> 1)));
    const found = await scores.of(splits.flatMap(({ group, beside }) => groups[group]!.parts!.map((part) => shownToo(beside, groups[part]!))));
    evaluations += 2 * splits.length;
    splits.forEach(({ group, beside, without, within, weight }, k) => {
      const [left, right] = groups[group]!.parts!, [withLeft, withRight] = [found[2 * k]!, found[2 * k + 1]!], half = weight / 2;
      add({ group: left, beside, without, within: withLeft, weight: half });
      add({ group: right, beside, without, within: withRight, weight: half });
      add({ group: left, beside: shownToo(beside, groups[right]!), without: withRight, within, weight: half });
      add({ group: right, beside: shownToo(beside, groups[left]!), without: withLeft, within, weight: half });
    });
    yield { done: evaluations, total: most, partial: paint(features, shared(settled, open, groups), dims) };
  }
  return shapleyResult(game, shared(settled, open, groups), { checks: [divisionCheck(open, groups, features)], chosen: { evaluations } });
}

function shownToo(coalition: Coalition, { members }: Group): Coalition {
  const out = coalition.slice();
  for (const member of members) out[member] = 1;
  return out;
}

/** What is settled, and what open groups hold spread evenly over them. */
function shared(settled: Float64Array, open: Queue, groups: readonly Group[]): Float64Array {
  const out = settled.slice();
  for (const { group, without, within, weight } of open.items) {
    const { members } = groups[group]!, each = ((within - without) * weight) / members.length;
    for (const member of members) out[member]! += each;
  }
  return out;
}

/** How fine the division is: the mean size of groups that were not divided, each by what is at stake in it. */
function divisionCheck(open: Queue, groups: readonly Group[], { count, noun }: Features): SelfCheck {
  if (open.size === 0) return { id: 'groupSize', value: 1, ok: true, message: 'Every group was divided down to its single parts.' };
  let stakes = 0, members = 0;
  for (const item of open.items) {
    stakes += stake(item);
    members += stake(item) * groups[item.group]!.members.length;
  }
  const value = stakes > 0 ? members / stakes : 1, ok = value <= Math.max(2, count / 10), figures = `Groups that were not divided further hold ${value.toPrecision(2)} of ${count} ${noun} on average`;
  return { id: 'groupSize', value, ok, message: ok ? `${figures}.` : `${figures}, with equal shares: more evaluations (maxEvals) would say where in them.` };
}

const stake = ({ without, within, weight }: Open): number => Math.abs(within - without) * weight;

/** Open groups, the one with the most at stake first (a binary heap); of equal ones, the older. */
class Queue {
  private readonly heap: { readonly item: Open; readonly stake: number; readonly age: number }[] = [];
  private pushed = 0;

  get size(): number { return this.heap.length; }

  get items(): Open[] { return this.heap.map(({ item }) => item); }

  push(item: Open): void {
    const { heap } = this, entry = { item, stake: stake(item), age: this.pushed++ };
    let at = heap.push(entry) - 1;
    for (let above = (at - 1) >> 1; at > 0 && before(entry, heap[above]!); at = above, above = (at - 1) >> 1) {
      heap[at] = heap[above]!;
      heap[above] = entry;
    }
  }

  /** The first `count`, or all there are. */
  take(count: number): Open[] {
    return Array.from({ length: Math.min(count, this.heap.length) }, () => this.pop());
  }

  private pop(): Open {
    const { heap } = this, first = heap[0]!, last = heap.pop()!;
    if (heap.length === 0) return first.item;
    let at = 0;
    for (;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const child = right < heap.length && before(heap[right]!, heap[left]!) ? right : left;
      if (child >= heap.length || !before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first.item;
  }
}

function before(a: { readonly stake: number; readonly age: number }, b: { readonly stake: number; readonly age: number }): boolean {
  return a.stake > b.stake || (a.stake === b.stake && a.age < b.age);
}
