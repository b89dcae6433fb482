/** Counterfactuals: the smallest changes to one row that get it another answer. */
import { ParameterReader, resolveParameters } from '../parameters';
import { drawRandom } from '../drawing';
import { goalOf, type Goal } from './counterfactualGoal';
import { gradientCandidates } from './counterfactualGradient';
import { greedyCandidates } from './counterfactualGreedy';
import { CounterfactualSpace } from './counterfactualSpace';
import { allScores, askedFeatures, drawnRows, rowOf } from './rows';
import type { Counterfactuals, TableContext, TableMethod, TableProgress, TableResult } from './tableMethod';

/**
 * A population of rows (the nearest of the table that have the answer already, short edits put together change by change,
 * random changes of the row, and where there is a gradient what descent along it finds) is crossed and mutated; what misses the goal least, lies nearest and changes
 * fewest features survives. Of those that reach the goal, the best ones that differ from each other are kept; each then
 * takes back every change it can do without, and is checked by a run.
 *
 * Genetic search as DiCE's: Mothilal, Sharma, Tan 2020, arXiv 1905.07697; gradient: Wachter, Mittelstadt, Russell 2017,
 * arXiv 1711.00399. Distances are means over features of |change| / median absolute deviation.
 */
export const counterfactual: TableMethod = {
  id: 'counterfactual',
  title: 'Counterfactuals',
  question: 'What is the least that would have to be different about this row for another answer?',
  source: 'Wachter et al. 2017, arXiv 1711.00399; DiCE: Mothilal et al. 2020, arXiv 1905.07697',
  scope: 'local',
  needs: ['row'],
  parameters: [
    { name: 'nCounterfactuals', type: 'integer', default: 4, minimum: 1, maximum: 50, about: 'How many different ones.' },
    { name: 'desired', type: 'text', default: '', about: 'The class wanted, or a range of the score: \'>5\', \'<3\', \'2..4\'. Nothing: any other class, or the other side of the table\'s median.' },
    { name: 'search', type: 'choice', choices: ['auto', 'genetic', 'gradient'], default: 'auto', about: 'How rows are found: by crossing and mutation (any model), along the gradient, or both where there is one (auto).' },
    { name: 'immutable', type: 'text', default: '', about: 'Features that stay as they are: names, separated by commas; #3 is the one with the number 3, from 0.' },
    { name: 'ranges', type: 'text', default: '', about: 'Where features may go: \'age = 18..60; income = 1000..\'. Nothing: the range of the table.' },
    { name: 'monotone', type: 'text', default: '', about: 'Features that may only rise or only fall: \'age +, debt -\'.' },
    { name: 'proximity', type: 'number', default: 0.5, minimum: 0, maximum: 1000, about: 'How much nearness counts.' },
    { name: 'sparsity', type: 'number', default: 0.5, minimum: 0, maximum: 1000, about: 'How much it counts that few features change.' },
    { name: 'diversity', type: 'number', default: 1, minimum: 0, maximum: 1000, about: 'How much it counts that the rows differ from each other.' },
    { name: 'maxIterations', type: 'integer', default: 60, minimum: 1, maximum: 10_000, about: 'The most generations.' },
  ],
  presets: { dice: {}, wachter: { search: 'gradient', sparsity: 0 } },
  applies: ({ model, row, parameters }) => {
    if (!row) return { applies: false, reason: 'Counterfactuals are about one row: choose one.' };
    if (parameters.search === 'gradient' && !model.gradients) return { applies: false, reason: 'The model has no gradient to its features; the genetic search takes any model.' };
    return { applies: true };
  },
  explain,
};

/** Generations without a better row before the search ends. */
const patience = 12;
const kept = 400;

interface Member {
  readonly row: Float64Array;
  readonly miss: number;
  readonly loss: number;
}

async function* explain(context: TableContext): AsyncGenerator<TableProgress, TableResult, void> {
  const { model, data, row, seed } = context, width = model.features.length;
  if (!row) throw new Error('counterfactuals are about one row, but none is given');
  const reader = new ParameterReader(resolveParameters(counterfactual, context.parameters).parameters), wanted = reader.number('nCounterfactuals'), search = reader.text('search');
  if (search === 'gradient' && !model.gradients) throw new Error('the model has no gradient to its features; expected search genetic or auto');
  const space = new CounterfactualSpace(model.features, data, row, { immutable: reader.text('immutable'), ranges: reader.text('ranges'), monotone: reader.text('monotone') }, askedFeatures(context));
  const goal = await goalOf(context, row, reader.text('desired')), most = reader.number('maxIterations');
  const judge = async (rows: readonly Float64Array[]): Promise<Member[]> => {
    const misses = await goal.misses(rows);
    return rows.map((candidate, i) => ({ row: candidate, miss: misses[i]!, loss: 10 * Math.max(0, misses[i]!) + (misses[i]! > 0 ? 1 : 0) + nearness(candidate) }));
  };
  const nearness = (candidate: Float64Array): number => reader.number('proximity') * space.distance(candidate, row) + (reader.number('sparsity') * space.changed(candidate).length) / width;
  const archive = new Map<string, Member>();
  const remember = (members: readonly Member[]): void => {
    for (const member of members) if (member.miss <= 0) archive.set(member.row.join(), member);
    if (archive.size <= kept) return;
    const best = [...archive].sort(([, a], [, b]) => a.loss - b.loss).slice(0, kept >> 1);
    archive.clear();
    for (const [key, member] of best) archive.set(key, member);
  };

  // Where the search starts: rows that have the answer, changed copies of this one, and what the gradient finds.
  const size = Math.max(40, 10 * wanted), starts: Float64Array[] = [];
  if (search !== 'genetic' && model.gradients) {
    const candidates = await gradientCandidates(context, space, goal, { restarts: Math.max(4, 2 * wanted), steps: search === 'gradient' ? Math.max(100, most) : 60 });
    starts.push(...candidates.map((candidate) => space.settle(candidate)));
  }
  if (search !== 'gradient') {
    const near = Array.from(drawnRows(data.count, 2000, seed), (index) => space.settle(rowOf(data, width, index))).sort((a, b) => space.distance(a, row) - space.distance(b, row));
    const members = await judge(near);
    remember(members);
    starts.push(...members.filter(({ miss }) => miss <= 0).slice(0, size >> 1).map((member) => member.row));
    starts.push(...(await greedyCandidates(space, row, goal, Math.max(4, 2 * wanted))));
    const random = drawRandom(seed, 0);
    while (starts.length < size) starts.push(space.settle(row.map((value, i) => (space.axes[i]!.free && random.uniform() < 0.3 ? space.drawn(i, value, random) : value))));
  }
  if (starts.length === 0) starts.push(row.slice());
  let population = await judge(starts);
  remember(population);
  let best = lowest(population), still = 0, generation = 0;
  for (; search !== 'gradient' && generation < most && (still < patience || archive.size === 0); generation++) {
    const random = drawRandom(seed, generation + 1), children: Float64Array[] = [];
    population.sort((a, b) => a.loss - b.loss);
    // Half of them stay.
    const parents = population.slice(0, Math.max(2, size >> 1));
    while (children.length < size) {
      const mother = parents[random.integer(parents.length)]!.row, father = parents[random.integer(parents.length)]!.row;
      children.push(space.settle(mother.map((value, i) => {
        const chance = random.uniform();
        if (!space.axes[i]!.free || chance < 0.1) return row[i]!;
        return chance < 0.2 ? space.drawn(i, value, random) : chance < 0.6 ? value : father[i]!;
      })));
    }
    const born = await judge(children);
    remember(born);
    population = [...parents, ...born];
    const now = lowest(population);
    still = now < best - 1e-9 ? 0 : still + 1;
    best = Math.min(best, now);
    yield { done: generation + 1, total: most, partial: finding(space, row, choose(space, row, [...archive.values()], wanted, reader.number('diversity')), new Float64Array(0)) };
  }

  // Taking changes back first shows which rows are really different.
  const rough = choose(space, row, [...archive.values()], 3 * wanted, reader.number('diversity')), smaller: Member[] = [];
  for (const member of rough) smaller.push(...(await judge([await shrink(space, row, goal, member.row)])));
  const unique = [...new Map(smaller.filter(({ miss }) => miss <= 0).map((member) => [member.row.join(), member])).values()];
  const chosen = choose(space, row, unique, wanted, reader.number('diversity')), closest = chosen.length ? chosen : population.sort((a, b) => a.miss - b.miss).slice(0, 1);
  const scores = await allScores(context, { count: closest.length, write: (index, into) => into.set(closest[index]!.row) });
  const fewest = chosen.reduce((least, member) => Math.min(least, space.changed(member.row).length), Infinity);
  return {
    finding: finding(space, row, closest, scores),
    checks: [
      { id: 'flipped', value: chosen.length, ok: chosen.length > 0, message: chosen.length ? `${chosen.length} ${chosen.length === 1 ? 'row gets' : 'rows get'} ${goal.words}, each checked by a run.` : `No row within the limits was found that gets ${goal.words}; the one that misses it least is shown.` },
      ...(chosen.length ? [{ id: 'changes', value: fewest, ok: true, message: `The smallest edit changes ${fewest} of ${width} features.` }] : []),
    ],
    chosen: { generations: generation, goal: goal.words },
  };
}

function lowest(members: readonly Member[]): number {
  return members.reduce((least, { loss }) => Math.min(least, loss), Infinity);
}

/** Greedily: small loss, and far from (and other features changed than in) those that are chosen already. */
function choose(space: CounterfactualSpace, origin: Float64Array, members: readonly Member[], count: number, diversity: number): Member[] {
  const sets = new Map(members.map((member) => [member, new Set(space.changed(member.row))])), chosen: Member[] = [];
  const alike = (a: Member, b: Member): number => {
    const one = sets.get(a)!, other = sets.get(b)!, shared = [...one].filter((i) => other.has(i)).length;
    return shared / Math.max(1, one.size + other.size - shared);
  };
  const left = new Set(members);
  while (chosen.length < count && left.size > 0) {
    let best: Member | undefined, least = Infinity;
    for (const member of left) {
      const crowd = chosen.reduce((most, other) => Math.max(most, alike(member, other) / (1 + space.distance(member.row, other.row))), 0), cost = member.loss + diversity * crowd;
      if (cost < least) [best, least] = [member, cost];
    }
    if (!best) break;
    left.delete(best);
    // The same edit with hardly other values is no other edit.
    const own = best, reach = space.distance(own.row, origin);
    if (!chosen.some((other) => alike(own, other) === 1 && space.distance(own.row, other.row) < 0.2 * reach)) chosen.push(own);
  }
  return chosen;
}

/** Takes changes back, one after the other, as long as the goal is still reached; then moves each as near as it can be. */
async function shrink(space: CounterfactualSpace, row: Float64Array, goal: Goal, candidate: Float64Array): Promise<Float64Array> {
  let held = candidate;
  const withValue = (i: number, value: number): Float64Array => space.settle(held.map((own, k) => (k === i ? value : own)));
  for (;;) {
    const changed = space.changed(held);
    if (changed.length < 2) break;
    const trials = changed.map((i) => withValue(i, row[i]!)), misses = await goal.misses(trials);
    // Of the changes that can be spared, the one whose loss leaves the answer surest: the others may then go too.
    let best = -1;
    misses.forEach((miss, k) => { if (miss <= 0 && (best < 0 || miss < misses[best]!)) best = k; });
    if (best < 0) break;
    held = trials[best]!;
  }
  const eighths = 8;
  for (const i of space.changed(held)) {
    if (space.axes[i]!.feature.kind === 'category' || Number.isNaN(row[i]!)) continue;
    // Twice a finer ladder between the row's value and the changed one.
    for (let round = 0, from = row[i]!; round < 3; round++) {
      const to = held[i]!, steps = Array.from({ length: eighths - 1 }, (_, k) => from + ((to - from) * (k + 1)) / eighths), trials = steps.map((value) => withValue(i, value)), misses = await goal.misses(trials);
      const first = misses.findIndex((miss) => miss <= 0);
      if (first >= 0) held = trials[first]!;
      from = first > 0 ? steps[first - 1]! : first === 0 ? from : steps[steps.length - 1]!;
      if (space.changed(held).indexOf(i) < 0) break;
    }
  }
  return held;
}

function finding(space: CounterfactualSpace, row: Float64Array, members: readonly Member[], scores: Float64Array): Counterfactuals {
  return {
    kind: 'counterfactuals',
    found: members.map((member, i) => ({ row: member.row, changed: space.changed(member.row), distance: space.distance(member.row, row), score: scores[i] ?? NaN, flipped: member.miss <= 0 })),
  };
}
