/** The page of a report: one HTML file in which nothing runs and nothing is fetched. Its record lies in it as JSON. */
import { modelLensVersion } from '../version';
import { escapeMarkup as text } from './markup';
import { recordElement } from './record';
import { reportStyle } from './reportStyle';

export interface PageContent {
  /** Of the window, as text. */
  readonly title: string;
  readonly heading: string;
  /** Below the heading, as text; the last is the subject. */
  readonly lines: readonly string[];
  /** Markup; '' for a part there is not. */
  readonly parts: readonly string[];
  /** What it is made again from. */
  readonly record: unknown;
  /** More rules of style than every report has. */
  readonly style?: string;
  /** Of Model Lens, that made what is reported. */
  readonly version?: string;
}

export function reportPage({ title, heading, lines, parts, record, style = '', version = modelLensVersion }: PageContent): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Model Lens ${text(version)}">
<title>${text(title)}</title>
<style>${reportStyle}${style}</style>
</head>
<body>
<main>
<header>
<h1>${text(heading)}</h1>
${lines.map((line, i) => `<p${i > 0 && i === lines.length - 1 ? ' class="muted"' : ''}>${text(line)}</p>`).join('\n')}
</header>
${parts.filter((part) => part !== '').join('\n')}
<footer class="muted">Made by Model Lens ${text(version)}. To make it again: model-lens again REPORT.html</footer>
</main>
<script type="application/json" id="${recordElement}">${json(record)}</script>
</body>
</html>
`;
}

/** JSON that cannot end the element it stands in. */
function json(record: unknown): string {
  return JSON.stringify(record).replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** @param content markup. */
export function block(title: string, content: string): string {
  return `<section>\n<h2>${text(title)}</h2>\n${content}\n</section>`;
}

/** Cells as text; the first of each row is its heading. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: 'th' | 'td'): string => row.map((cell, column) => `<${column === 0 ? 'th' : tag}${tag === 'th' ? ' scope="col"' : column === 0 ? ' scope="row"' : ''}>${text(cell)}</${column === 0 ? 'th' : tag}>`).join('');
  return `<table>${head.length ? `<thead><tr>${cells(head, 'th')}</tr></thead>` : ''}<tbody>${rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('')}</tbody></table>`;
}

export function percent(share: number): string {
  return share > 0 && share < 0.0005 ? '< 0.1 %' : `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
}

/** What a method says of itself. */
export function checkList(checks: readonly { readonly ok: boolean; readonly message: string }[]): string {
  return `<ul class="checks">${checks.map(({ ok, message }) => `<li class="${ok ? 'ok' : 'doubt'}">${text(message)}</li>`).join('')}</ul>`;
}
