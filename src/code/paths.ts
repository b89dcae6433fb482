/** Paths as programs write them: literals, constants, and what joins them. Nothing is looked up on a disk. */
import { calleeText, methodOf, walk, type Expr, type StringExpr } from './expression';
import { entryOf, maximumSteps, type Scope } from './scope';

/** Whether a text looks like the path of a model file, by its ending. */
export function looksLikeModel(text: string): boolean {
  return text.length <= 1000 && /(?:\.(?:onnx|h5|hdf5|keras)|(?:^|[/\\])model\.json)$/i.test(text) && !/[\n\r\t<>|"*?]/.test(text) && !/^\.\w+$/.test(text);
}

/** Calls that give their only path back: 'Path', 'str', 'File', … by their last part. */
const wrappers = new Set([
  'Path', 'PurePath', 'PosixPath', 'WindowsPath', 'PurePosixPath', 'PureWindowsPath', 'path', 'u8path', 'str', 'String', 'string', 'wstring', 'File', 'URL', 'Uri', 'URI',
  'abspath', 'realpath', 'normpath', 'expanduser', 'fspath', 'fileURLToPath', 'resolve', 'ORT_TSTR', 'fileSystem', 'GetFullPath', 'getAbsolutePath',
]);
const makers = /(?:^|\.)(?:Paths\.get|Path\.of|Path\.new|PathBuf\.from|String\.from)$/;
const joiners = /(?:^|\.)(?:path\.(?:posix\.|win32\.)?(?:join|resolve)|join|Path\.(?:Combine|Join|of)|Paths\.get|path_join|file\.path|Path|PurePath|joinpath)$/;
/** Methods of a path that give the same path back. */
const keeping = new Set([
  'resolve', 'absolute', 'expanduser', 'as_posix', 'c_str', 'data', 'string', 'wstring', 'native', 'u8string', 'generic_string', 'toString', 'toAbsolutePath', 'normalize',
  'to_str', 'unwrap', 'to_owned', 'to_string', 'into', 'as_path', 'to_path_buf', 'to_string_lossy', 'clone', 'as_ref', 'as_str', 'toFile', 'toPath', 'href', 'pathname', 'strip',
]);
const parents = /(?:^|\.)(?:dirname|GetDirectoryName)$/;
const ownFile = /^(?:__file__|__filename|import\.meta\.(?:filename|url))$/;
const ownFolder = /^(?:__dirname|import\.meta\.dirname|AppContext\.BaseDirectory)$/;
/** Stands for the source file itself. */
const self = './\0self';

/**
 * The text that an expression stands for at a place, read as a path; undefined where it is computed from what is not
 * known here. What is relative to the source file is relative: `__dirname` is '.'.
 */
export function pathOf(expr: Expr, scope: Scope, at: number): string | undefined {
  const path = new Evaluation(scope).path(expr, at);
  return path === undefined || path.includes('\0') ? undefined : path;
}

/** The only string inside an expression that looks like a model: `fromFile("a/model.json")`. */
export function onlyModelIn(expr: Expr): StringExpr | undefined {
  const found: StringExpr[] = [];
  walk(expr, (part) => { if (part.kind === 'string' && looksLikeModel(part.value)) found.push(part); });
  return found.length === 1 ? found[0] : undefined;
}

class Evaluation {
  private steps = 0;

  constructor(private readonly scope: Scope) {}

  path(expr: Expr, at: number): string | undefined {
    if (++this.steps > maximumSteps) return undefined;
    switch (expr.kind) {
      case 'string': return expr.value.length <= 4000 ? expr.value : undefined;
      case 'template': return this.all(expr.parts, at)?.join('');
      case 'name': return this.name(expr, at);
      case 'binary': {
        if (expr.operator !== '+' && expr.operator !== '/') return undefined;
        const both = this.all([expr.left, expr.right], at);
        return both && (expr.operator === '+' ? both.join('') : joined(both));
      }
      case 'member': return this.member(expr.object, expr.name, at);
      case 'index': return this.entry(expr, at);
      case 'call': return this.call(expr, at);
      default: return undefined;
    }
  }

  private all(parts: readonly (string | Expr)[], at: number): string[] | undefined {
    const texts: string[] = [];
    for (const part of parts) {
      const text = typeof part === 'string' ? part : this.path(part, at);
      if (text === undefined || text.length > 4000) return undefined;
      texts.push(text);
    }
    return texts;
  }

  private name(expr: Extract<Expr, { kind: 'name' }>, at: number): string | undefined {
    if (ownFile.test(expr.name)) return self;
    if (ownFolder.test(expr.name)) return '.';
    const value = this.scope.valueOf(expr.name, at);
    if (value) return this.path(value, Math.min(at, value.range.start));
    const { method, receiver } = methodOf(expr);
    return receiver && this.member(receiver, method, at);
  }

  private member(object: Expr, name: string, at: number): string | undefined {
    if (name !== 'parent' && !keeping.has(name)) return undefined;
    const path = this.path(object, at);
    return path !== undefined && name === 'parent' ? parentOf(path) : path;
  }

  /** `paths["model"]` */
  private entry({ object, indices }: Extract<Expr, { kind: 'index' }>, at: number): string | undefined {
    const [key] = indices;
    const dict = this.scope.resolve(object, at);
    const value = key?.kind === 'string' && indices.length === 1 && dict.kind === 'dict' ? entryOf(dict, key.value) : undefined;
    return value && this.path(value, Math.min(at, value.range.start));
  }

  private call({ callee, args }: Extract<Expr, { kind: 'call' }>, at: number): string | undefined {
    const text = calleeText(callee);
    const { method, receiver } = methodOf(callee);
    const values = args.filter(({ name }) => name === undefined).map(({ value }) => value);
    if (parents.test(text)) {
      const path = values[0] && this.path(values[0], at);
      return path === undefined ? undefined : parentOf(path);
    }
    // A method of a path: Path("a").joinpath("b"), base.join("b"), path.c_str().
    const on = receiver && (receiver.kind !== 'name' || this.scope.valueOf(receiver.name, at)) ? this.path(receiver, at) : undefined;
    if (on !== undefined) {
      if (/^(joinpath|join|resolve)$/.test(method) && values.length) {
        const rest = this.all(values, at);
        return rest && joined([on, ...rest]);
      }
      if (method === 'parent') return parentOf(on);
      if (method === 'with_name' && values.length === 1) {
        const name = this.path(values[0]!, at);
        return name === undefined ? undefined : joined([parentOf(on), name]);
      }
      if (method === 'with_suffix' && values.length === 1) {
        const suffix = this.path(values[0]!, at);
        return suffix === undefined ? undefined : on.replace(/\.[^./\\]*$/, '') + suffix;
      }
      return keeping.has(method) ? on : undefined;
    }
    // new URL('./a.onnx', import.meta.url)
    if (text === 'URL' && values.length === 2) return this.path(values[1]!, at) === self ? this.path(values[0]!, at) : undefined;
    if (values.length > 1 || !(wrappers.has(method) || makers.test(text))) {
      if (!joiners.test(text) || !values.length) return undefined;
      const parts = this.all(values, at);
      return parts && joined(parts);
    }
    return values.length === 1 ? this.path(values[0]!, at) : undefined;
  }
}

/** Parts of a path side by side; an absolute one starts anew, as in every language's own join. */
function joined(parts: readonly string[]): string {
  let path = '';
  for (const part of parts) {
    if (part === '' || part === '.') continue;
    if (path === '' || /^(?:[/\\]|[A-Za-z]:[/\\]|~[/\\])/.test(part)) path = part;
    else path = `${path.replace(/[/\\]+$/, '')}/${part.replace(/^\.[/\\]+/, '')}`;
  }
  return path === '' ? '.' : path;
}

function parentOf(path: string): string {
  const trimmed = path.replace(/(?<=[^/\\])[/\\]+$/, '');
  const at = Math.max(trimmed.lastIndexOf('/'), trimmed.lastIndexOf('\\'));
  const last = trimmed.slice(at + 1);
  if (last === '..' || last === '.') return last === '.' ? '..' : `${trimmed}/..`;
  return at < 0 ? '.' : at === 0 ? trimmed[0]! : trimmed.slice(0, at);
}
