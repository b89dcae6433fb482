/**
 * What the layers of a model in source text take, give and weigh, found without running anything: the text is read as a
 * program over symbolic shapes. What is not written in the file stays unknown, and says so.
 */
import type { SourceTree } from '../parser';
import type { SourceLayer } from '../types';
import { member } from './access';
import { apply } from './apply';
import { instantiate } from './calls';
import { finishChain } from './make';
import { Halt, Machine } from './machine';
import type { Stmt } from './program';
import { pythonProgram } from './python';
import { scriptProgram } from './script';
import { leavesOf, total } from './sites';
import { Sym, Unknown } from './symbolic';
import { opaque, type ClassValue, type FunctionValue, type InstanceValue, type Leaf, type Scope, type Value } from './values';

/** Texts without these words build no model; most texts are dismissed so. */
const mentions = /keras|tensorflow|torch|\bnn\.|\btf\b|layers|Dense|Sequential|Conv[123]D/;

/** Layer calls of a source text in their order, each with what is known of it. Bounded in time; never throws for a text. */
export function sourceLayers(tree: SourceTree): SourceLayer[] {
  if (!mentions.test(tree.text)) return [];
  const script = tree.grammar !== 'python';
  const program = script ? scriptProgram(tree.root) : pythonProgram(tree.root);
  const m = new Machine(script);
  m.usesTorch = !script && /^\s*(?:import|from)\s+torch\b/m.test(tree.text);
  const scope: Scope = { names: new Map() };
  try {
    m.run(program, scope, { returned: [] });
    alone(m, program, scope);
    finish(m);
  } catch (error) {
    if (!(error instanceof Halt)) throw error;
  }
  runningTotals(m);
  return m.sites.summarise();
}

/** Functions and classes that nothing in the file calls are followed on their own, callers before what they call. */
function alone(m: Machine, program: readonly Stmt[], scope: Scope): void {
  const found = [...scope.names.values()];
  const functions = found.filter((value): value is FunctionValue => value.t === 'function' && !m.called.has(value.code));
  const classes = found.filter((value): value is ClassValue => value.t === 'class');
  const mentioned = namesUsed(program);
  const roots = (value: FunctionValue | ClassValue): boolean => !mentioned.has(value.code.name);
  for (const value of [...functions.filter(roots), ...functions.filter((each) => !roots(each))]) if (!m.called.has(value.code)) attempt(() => m.invokeAlone(value));
  const made = (of: ClassValue): boolean => m.instances.some((instance) => instance.of === of);
  for (const of of [...classes.filter(roots), ...classes.filter((each) => !roots(each)).reverse()]) {
    if (!made(of) && !classes.some((other) => other.bases.includes(of) && made(other))) attempt(() => instantiate(m, of, undefined));
  }
}

/** Names that are read somewhere; a definition does not read its own. */
function namesUsed(program: readonly Stmt[]): Set<string> {
  const names = new Set<string>();
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) {
      node.forEach(walk);
    } else if (node && typeof node === 'object') {
      if ('kind' in node && node.kind === 'name' && 'name' in node) names.add(node.name as string);
      Object.values(node).forEach(walk);
    }
  };
  walk(program);
  return names;
}

function finish(m: Machine): void {
  // Whole models first, so that what they are made of is used as they use it.
  for (const instance of [...m.instances]) {
    if (!instance.framework || instance.used || m.owned.has(instance)) continue;
    attempt(() => forward(m, instance));
  }
  for (const instance of [...m.instances]) {
    const { of } = instance;
    for (const value of members(of)) {
      if (!m.called.has(value.code) && value.code.name !== '__init__') attempt(() => m.invokeAlone({ ...value, self: instance }));
    }
    if (instance.site && !instance.site.uses.length) {
      const parameters = total(leavesOf(instance));
      instance.site.uses.push({ inputs: [], output: undefined, parameters, total: parameters, assumed: true });
    }
  }
  m.chains.forEach((chain) => attempt(() => finishChain(m, chain)));
}

const members = (of: ClassValue): FunctionValue[] => [...of.members.values()].filter((value): value is FunctionValue => value.t === 'function');

/** A model on an input of which nothing is known. */
function forward(m: Machine, instance: InstanceValue): void {
  const method = ['forward', 'call'].map((name) => member(instance.of, name)).find((found) => found?.t === 'function');
  if (method?.t !== 'function') return;
  const inputs = method.code.params.slice(1).filter(({ rest, fallback }) => !rest && !fallback).map(({ name }): Value => opaque(name));
  apply(m, instance, inputs);
}

/** Of models that are made but not used: parameters so far, in the order of their layers. */
function runningTotals(m: Machine): void {
  for (const instance of m.instances) {
    if (!instance.framework || m.owned.has(instance)) continue;
    let sum: Sym | undefined = Sym.int(0);
    const leaves: Leaf[] = [...leavesOf(instance)];
    for (const leaf of leaves) {
      try {
        sum = sum && leaf.parameters ? sum.plus(leaf.parameters) : undefined;
      } catch (error) {
        if (!(error instanceof Unknown)) throw error;
        sum = undefined;
      }
      leaf.site?.totals.push(sum);
    }
  }
}

function attempt(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof Unknown)) throw error;
  }
}

