// Types and unused things are TypeScript's and typescript-eslint's business; what matters here is the room table:
// who may import whom (DESIGN: Rooms). One row per room below, and everything not in the row is refused.
import fs from 'node:fs';
import tseslint from 'typescript-eslint';

const rooms = {
  tensor: [],
  graph: ['tensor'],
  formats: ['graph', 'tensor'],
  data: ['graph', 'tensor'],
  autodiff: ['graph', 'tensor'],
  methods: ['autodiff', 'graph', 'tensor'],
  metrics: ['autodiff', 'graph', 'tensor', 'methods'],
  code: ['graph', 'tensor'],
  protocol: [],
  engine: ['tensor', 'graph', 'formats', 'data', 'autodiff', 'methods', 'metrics', 'code', 'protocol'],
  cli: ['tensor', 'graph', 'formats', 'data', 'autodiff', 'methods', 'metrics', 'code', 'protocol', 'engine'],
  webview: ['protocol', 'tensor'],
  extension: ['protocol'],
};
/** Rooms whose types (only) a room may import. */
const typesOnly = {
  protocol: ['tensor', 'graph', 'formats', 'data', 'autodiff', 'methods', 'metrics', 'code'],
};
/** Packages that belong to one room. */
const packages = { vscode: ['extension'], 'onnxruntime-node': ['engine'], '@tensorflow/tfjs-node': ['engine'], '@tensorflow/tfjs': ['engine'] };

const names = Object.keys(rooms);
for (const name of fs.readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name)) {
  if (!names.includes(name)) throw new Error(`src/${name} is no room of the design; the rooms are ${names.join(', ')}`);
}

const roomRules = names.map((room) => ({
  files: [`src/${room}/**/*.ts`],
  rules: {
    '@typescript-eslint/no-restricted-imports': ['error', {
      paths: Object.entries(packages).filter(([, owners]) => !owners.includes(room)).map(([name, owners]) => ({ name, message: `Only ${owners.join(', ')} may import ${name}.` })),
      patterns: names.filter((other) => other !== room && !rooms[room].includes(other)).map((other) => ({
        regex: `^(\\.\\./)+${other}(/|$)`,
        allowTypeImports: (typesOnly[room] ?? []).includes(other),
        message: `${room} may not import ${other} (the room table is in eslint.config.mjs).`,
      })),
    }],
  },
}));

export default tseslint.config(
  { ignores: ['dist/**', 'out/**', 'node_modules/**', 'samples/**', '.cache/**'] },
  ...tseslint.configs.recommended,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['*.mjs', 'tools/*.mjs', 'tools/*/*.mjs', 'tools/*.cjs'] }, tsconfigRootDir: import.meta.dirname } },
  },
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-require-imports': ['error', { allowAsImport: true }],
      'no-restricted-syntax': ['error',
        { selector: "AssignmentExpression[left.property.name=/^(innerHTML|outerHTML)$/]", message: 'Names from files go on screen as text only.' },
        { selector: "CallExpression[callee.name='eval']", message: 'No code from a file is ever evaluated.' }],
    },
  },
  { files: ['**/*.mjs', '**/*.cjs'], ...tseslint.configs.disableTypeChecked, rules: { ...tseslint.configs.disableTypeChecked.rules, '@typescript-eslint/no-require-imports': 'off' } },
  ...roomRules,
);
