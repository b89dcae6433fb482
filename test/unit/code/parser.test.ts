import assert from 'node:assert/strict';
import { isParsed, maxSourceLength, parseSource, type SyntaxNode } from '../../../src/code/parser';

/** Types of all nodes, for a look at what the grammar made of a text. */
const types = (node: SyntaxNode): string[] => [node.type, ...node.children.flatMap(types)];
const find = (node: SyntaxNode, type: string): SyntaxNode | undefined => (node.type === type ? node : node.children.map((child) => find(child, type)).find(Boolean));

describe('parser', () => {
  it('gives named nodes with fields, and offsets in UTF-16', async () => {
    const { root } = await parseSource('python', 'x = "é😀"  # what\ny = Conv2D(32, 3, padding="same")(x)\n');
    const call = find(root, 'call')!;
    assert.equal(call.text, 'Conv2D(32, 3, padding="same")(x)');
    assert.equal(call.child('function')!.child('function')!.text, 'Conv2D');
    assert.deepEqual(call.child('function')!.child('arguments')!.children.map(({ text }) => text), ['32', '3', 'padding="same"']);
    assert.ok(!types(root).includes('comment'));
  });

  it('reads JavaScript, TypeScript and JSX', async () => {
    for (const [language, text] of [
      ['javascript', 'const m = tf.sequential({layers: [tf.layers.dense({units: 3})]});\nconst e = <b>hi</b>;'],
      ['typescript', 'const n = <number>b; const m: tf.Sequential = make<T>(<any>{units: 3})!;'],
      ['typescriptreact', 'const App = (): JSX.Element => <Model units={3} />;'],
    ] as const) {
      const { root } = await parseSource(language, text);
      assert.ok(!types(root).includes('ERROR'), language);
      assert.equal(root.text, text);
    }
  });

  it('reads around damage', async () => {
    const { root } = await parseSource('python', 'def f(:\n  pass\nmodel = Sequential([\n  Dense(3),\n');
    assert.ok(types(root).includes('ERROR'));
  });

  it('refuses other languages and long texts in one line', async () => {
    assert.ok(isParsed('python') && !isParsed('plaintext') && !isParsed('constructor'));
    await assert.rejects(parseSource('cobol', ''), /cobol is no language that is parsed/);
    await assert.rejects(parseSource('python', ' '.repeat(maxSourceLength + 1)), /1000001 characters/);
  });

  it('is bounded in depth', async () => {
    const depth = (node: SyntaxNode): number => 1 + Math.max(0, ...node.children.map(depth));
    assert.ok(depth((await parseSource('python', `${'('.repeat(5000)}a${')'.repeat(5000)}`)).root) < 1010);
    assert.ok(depth((await parseSource('javascript', `a${' + "b"'.repeat(5000)}`)).root) < 1010);
  });

  it('gives the memory back: many trees', async () => {
    const text = 'x = Conv2D(32, 3)(x)\n'.repeat(2000);
    await parseSource('python', text);
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 60; i++) await parseSource('python', text);
    assert.ok(process.memoryUsage().rss - before < 150e6, `${(process.memoryUsage().rss - before) / 1e6} MB more`);
  });
});
