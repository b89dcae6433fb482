import assert from 'node:assert/strict';
import fc from 'fast-check';
import { analyse } from '../../../src/code/analyse';
import { lex, type LexedLanguage } from '../../../src/code/lexer';
import { jsonStrings } from '../../../src/code/strings';

const languages = ['python', 'typescript', 'javascript', 'javascriptreact', 'csharp', 'cpp', 'c', 'java', 'rust', 'json', 'jsonc', 'yaml', 'markdown'];
const lexed: readonly LexedLanguage[] = ['c', 'cpp', 'csharp', 'java', 'rust'];

/** Pieces that programs about models are made of, and pieces that break them. */
const pieces = fc.constantFrom(
  'load_model(', 'InferenceSession(', 'ort.', 'session', '.run(', 'np.zeros((1, 3))', '"a.onnx"', "'b.h5'", '`c${', '}`', 'f"{x}.onnx"', 'R"x(', ')x"', '@"', '$"{', '"""', "'''", '/*', '*/',
  '//', '#', '\n', '\\', '"', "'", '`', '(', ')', '[', ']', '{', '}', '<', '>', '=', ' = ', ',', ';', ':', '.', '::', '->', '=>', '+', '/', '!', '?', '&', 'new ', 'const ', 'let ', 'def f(', 'class A:',
  'return ', 'await ', 'import x', '```python\n', '~~~', '](', 'model: ', '- ', '0x1F', '1_000', '𝒳', 'é', '\r\n', '\u2028', '\0', 'r#"', '"#', '#define A ', '<T>', 'a', 'path.join(', 'Path(', 'dict(m.named_modules())[', '**', '...',
);
const texts = fc.oneof(fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join('')), fc.string({ maxLength: 200 }), fc.string({ unit: 'binary', maxLength: 100 }));

describe('source texts of any kind', () => {
  it('never throw, and every range lies in the text', async () => {
    await fc.assert(fc.asyncProperty(fc.constantFrom(...languages), texts, async (language, text) => {
      const { strings, loads, names, shapes } = await analyse(language, text);
      for (const { range, content } of [...strings, ...names]) assert.ok(0 <= range.start && range.start <= content.start && content.start <= content.end && content.end <= range.end && range.end <= text.length);
      for (const { call, argument = call } of loads) assert.ok(call.start <= argument.start && argument.end <= call.end && call.end <= text.length);
      for (const { range, dims } of shapes) assert.ok(range.start < range.end && range.end <= text.length && dims.every(Number.isInteger));
      for (const { load = 0 } of [...names, ...shapes]) assert.ok(load < Math.max(1, loads.length));
    }), { numRuns: 1500 });
  });

  it('tokens are in order, do not overlap, and hold what was between quotes', () => {
    fc.assert(fc.property(fc.constantFrom(...lexed), texts, (language, text) => {
      let end = 0;
      for (const token of lex(language, text)) {
        assert.ok(token.start >= end && token.end >= token.start, `${token.kind} at ${token.start}`);
        end = token.end;
      }
      assert.ok(end <= text.length);
    }), { numRuns: 1500 });
  });

  it('strings come back as they were written', () => {
    const content = fc.string({ maxLength: 40 }).filter((text) => !/[\u2028\u2029]/.test(text));
    fc.assert(fc.property(content, (text) => {
      const written = JSON.stringify(text);
      assert.deepEqual(jsonStrings(`{"k": ${written}}`).map(({ value }) => value), ['k', text]);
      for (const language of ['csharp', 'cpp', 'java', 'rust'] as const) {
        const [string] = lex(language, `f(${written});`).filter(({ kind }) => kind === 'string');
        assert.ok(string?.kind === 'string' && string.value === text, language);
      }
      const [verbatim] = lex('csharp', `@"${text.replaceAll('"', '""')}" ;`);
      assert.ok(verbatim?.kind === 'string' && verbatim.value === text);
    }));
  });

  const repeated = ['"', "'", '(', '[', '{', '<', '`', '/*', 'a.', 'a(', 'a[', 'f"{', '`${', '"a" + ', 'x = x + x\n', 'm = load_model("a.h5")\nm.get_layer("b")\n', 'a<', '@"', '$"{', '](', '> ', '```\n', '- "', "- '", '\\\n', 'a=', '"\\', 'a: ', '#define A "b"\n', '"a" ', 'x.onnx ', '{"a": "b.onnx"}', 'a: b#'];

  it('cost time in proportion to their length', async function () {
    this.timeout(120_000);
    const slow: string[] = [];
    for (const language of ['csharp', 'cpp', 'java', 'rust', 'json', 'yaml', 'markdown']) {
      for (const piece of repeated) {
        // Time of the processor, so that a busy machine changes nothing.
        const took = async (length: number): Promise<number> => {
          const text = piece.repeat(Math.ceil(length / piece.length)), before = process.cpuUsage();
          await analyse(language, text);
          const { user, system } = process.cpuUsage(before);
          return (user + system) / 1000;
        };
        const small = await took(8000), large = await took(64_000);
        // Eight times the text; a square would be sixty-four times the time.
        if (large > 24 * Math.max(small, 20) && large > 24 * Math.max(await took(8000), 20)) slow.push(`${language} ${JSON.stringify(piece)}: ${small.toFixed(0)} ms for 8,000 characters, ${large.toFixed(0)} for 64,000`);
      }
    }
    assert.deepEqual(slow, []);
  });

  it('that tree-sitter parses are given up after two seconds', async function () {
    this.timeout(240_000);
    for (const piece of repeated) {
      for (const language of ['python', 'typescript']) {
        const started = performance.now();
        await analyse(language, piece.repeat(Math.ceil(16_000 / piece.length))).catch((error: Error) => assert.match(error.message, /could not be parsed within 2 s/));
        assert.ok(performance.now() - started < 10_000, `${language} ${JSON.stringify(piece)}`);
      }
    }
  });
});
