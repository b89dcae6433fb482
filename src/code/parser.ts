/**
 * Source text → syntax tree, by tree-sitter's grammars. The tree is plain objects: the parser's own tree lives in
 * WebAssembly memory and is given back before this returns. Damaged and half-written source parses too, around the damage.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { Language, Parser, type Tree, type TreeCursor } from '@vscode/tree-sitter-wasm';

/** One grammar for JavaScript and TypeScript, with and without JSX: it is a superset but for `<Type>value`, see `withoutAngleCasts`. */
const grammars = { python: 'tree-sitter-python.wasm', tsx: 'tree-sitter-tsx.wasm' } as const;
export type Grammar = keyof typeof grammars;
const grammarOf: Readonly<Record<string, Grammar>> = { python: 'python', javascript: 'tsx', javascriptreact: 'tsx', typescript: 'tsx', typescriptreact: 'tsx' };

/** Longer texts are generated ones, and nobody hovers in them. */
export const maxSourceLength = 1_000_000;
const maxParseMs = 2_000;
/** Nodes deeper down are leaves here: every walk over a tree is recursive, and nobody wrote such source by hand. */
const maxDepth = 1_000;

/** A node of the tree: named ones, and the unnamed ones that fill a field (`operator`). Comments are left out. */
export class SyntaxNode {
  readonly children: SyntaxNode[] = [];
  constructor(
    readonly tree: SourceTree,
    readonly type: string,
    /** UTF-16 offsets into the text. */
    readonly start: number,
    readonly end: number,
    /** The role in its parent: `function`, `arguments`, `left`, … */
    readonly field: string | null,
    readonly parent: SyntaxNode | null,
  ) {}

  get text(): string {
    return this.tree.text.slice(this.start, this.end);
  }

  child(field: string): SyntaxNode | undefined {
    return this.children.find((node) => node.field === field);
  }

  all(field: string): SyntaxNode[] {
    return this.children.filter((node) => node.field === field);
  }
}

export class SourceTree {
  readonly root: SyntaxNode;
  constructor(readonly grammar: Grammar, readonly text: string, tree: Tree) {
    const cursor = tree.walk();
    try {
      this.root = new SyntaxNode(this, cursor.nodeType, cursor.startIndex, cursor.endIndex, null, null);
      this.fill(cursor, this.root, 0);
    } finally {
      cursor.delete();
    }
  }

  private fill(cursor: TreeCursor, parent: SyntaxNode, depth: number): void {
    if (depth > maxDepth || !cursor.gotoFirstChild()) return;
    do {
      const field = cursor.currentFieldName;
      if (!field && !cursor.nodeIsNamed) continue;
      const type = cursor.nodeType;
      if (type === 'comment') continue;
      const node = new SyntaxNode(this, type, cursor.startIndex, cursor.endIndex, field, parent);
      parent.children.push(node);
      this.fill(cursor, node, depth + 1);
    } while (cursor.gotoNextSibling());
    cursor.gotoParent();
  }
}

/** Whether sources of this language (VS Code's id) are parsed. */
export function isParsed(language: string): boolean {
  return Object.hasOwn(grammarOf, language);
}

/**
 * The syntax tree of a source text. Texts over `maxSourceLength`, and those that take longer than two seconds, throw one
 * line that says so.
 */
export async function parseSource(language: string, text: string): Promise<SourceTree> {
  const grammar = Object.hasOwn(grammarOf, language) ? grammarOf[language] : undefined;
  if (!grammar) throw new Error(`${language} is no language that is parsed; those are ${Object.keys(grammarOf).join(', ')}`);
  if (text.length > maxSourceLength) throw new Error(`the source has ${text.length} characters; up to ${maxSourceLength} are read`);
  const parser = await parserOf(grammar);
  const deadline = performance.now() + maxParseMs;
  parser.reset();
  const tree = parser.parse(language === 'typescript' ? withoutAngleCasts(text) : text, null, { progressCallback: () => performance.now() > deadline });
  if (!tree) throw new Error(`the source could not be parsed within ${maxParseMs / 1000} s`);
  try {
    return new SourceTree(grammar, text, tree);
  } finally {
    tree.delete();
  }
}

/** `<Type>value`, which the grammar with JSX takes for an element, with the cast as blanks of the same length. */
function withoutAngleCasts(text: string): string {
  return text.replace(/(?<=(?:[=(,:?[&|!]|\breturn)\s{0,8})<(?:any|unknown|[A-Za-z_$][\w$.]{0,80}(?:\[\])?)>(?=[\w$([{'"`])/g, (cast) => ' '.repeat(cast.length));
}

const parsers = new Map<Grammar, Promise<Parser>>();
let core: Promise<void> | undefined;

function parserOf(grammar: Grammar): Promise<Parser> {
  let parser = parsers.get(grammar);
  if (!parser) {
    parser = load(grammar);
    parsers.set(grammar, parser);
    parser.catch(() => parsers.delete(grammar));
  }
  return parser;
}

async function load(grammar: Grammar): Promise<Parser> {
  // Beside the bundle, where the build puts them, grammars are packed: a tenth of their size. From source they lie in their package.
  const packed = fs.existsSync(path.join(__dirname, `${grammars[grammar]}.br`)), folder = packed ? __dirname : path.dirname(createRequire(__filename).resolve('@vscode/tree-sitter-wasm'));
  core ??= Parser.init({ locateFile: (file) => path.join(folder, file) });
  await core;
  const parser = new Parser(), bytes = await fs.promises.readFile(path.join(folder, `${grammars[grammar]}${packed ? '.br' : ''}`));
  parser.setLanguage(await Language.load(packed ? await promisify(brotliDecompress)(bytes) : bytes));
  return parser;
}
