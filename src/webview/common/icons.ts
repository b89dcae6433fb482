/** The page's few icons, drawn as strokes in the current text colour on a 16×16 grid. */

const paths = {
  warning: 'M8 2.2 14.3 13.3H1.7Z M8 6.4v3.4 M8 11.4v.6',
  check: 'M2.8 8.6 6.2 12 13.2 4.4',
  info: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Z M8 7.4v3.6 M8 4.9v.6',
  error: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Z M5.8 5.8l4.4 4.4 M10.2 5.8l-4.4 4.4',
  picture: 'M2 3h12v10H2Z M2.4 11.6 6 7.8l2.6 2.6 1.8-1.8 3.2 3.2 M10.8 6.2v.1',
  model: 'M5.5 2h5v3.4h-5Z M2 10.6h4.6V14H2Z M9.4 10.6H14V14H9.4Z M8 5.4V8 M4.3 10.6V8h7.4v2.6',
  save: 'M8 2.4v7.4 M4.9 6.8 8 9.9l3.1-3.1 M2.8 11v2.6h10.4V11',
  more: 'M3.4 8v.1 M8 8v.1 M12.6 8v.1',
  report: 'M3.4 1.8h6l3.2 3.2v9.2H3.4Z M9.4 1.8V5h3.2 M5.6 8h4.8 M5.6 10.8h4.8',
  copy: 'M5.4 5.4h8v8h-8Z M10.6 5.4V2.6h-8v8h2.8',
  swap: 'M3 5.4h9.4 M10 3l2.5 2.4L10 7.8 M13 10.6H3.6 M6 8.2l-2.5 2.4L6 13',
  expandAll: 'M4 6.2l4-3.8 4 3.8 M4 9.8l4 3.8 4-3.8',
  collapseAll: 'M4 2.6l4 3.8 4-3.8 M4 13.4l4-3.8 4 3.8',
  legend: 'M2.6 3.4h2.8v2.8H2.6Z M8 4.8h5.6 M2.6 9.8h2.8v2.8H2.6Z M8 11.2h5.6',
  fit: 'M2.6 6V2.6H6 M10 2.6h3.4V6 M13.4 10v3.4H10 M6 13.4H2.6V10',
  plus: 'M8 3v10 M3 8h10',
  minus: 'M3 8h10',
  search: 'M7 11.6A4.6 4.6 0 1 0 7 2.4a4.6 4.6 0 0 0 0 9.2Z M10.4 10.4l3.4 3.4',
  up: 'M3.6 10 8 5.6 12.4 10',
  down: 'M3.6 6 8 10.4 12.4 6',
  path: 'M4 5.4a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4Z M12 14a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4Z M4 5.4v3.2a3 3 0 0 0 3 3h3.2',
  compare: 'M2.4 2.6h4.4v10.8H2.4Z M9.2 2.6h4.4v10.8H9.2Z M4 5.6h1.2 M4 8h1.2 M10.8 5.6H12 M10.8 10.4H12',
  close: 'M3.6 3.6l8.8 8.8 M12.4 3.6l-8.8 8.8',
  device: 'M4.4 4.4h7.2v7.2H4.4Z M6.4 2v2.4 M9.6 2v2.4 M6.4 11.6V14 M9.6 11.6V14 M2 6.4h2.4 M2 9.6h2.4 M11.6 6.4H14 M11.6 9.6H14',
  chevron: 'M6 3.5 10.5 8 6 12.5',
  contrast: 'M8 2.4v11.2 M2.4 8.6 4.4 4l2 4.6a2 2 0 0 1-4 0Z M9.6 8.6l2-4.6 2 4.6a2 2 0 0 1-4 0Z M4.4 4h7.2 M5.6 13.6h4.8',
  overlay: 'M2 4.6h8.6V13H2Z M5.4 4.6V2.4H14V10.8h-3.4',
  wipe: 'M2 3h12v10H2Z M8 1.4v13.2 M4.2 8h1.6 M10.2 8h1.6',
  contour: 'M8 13.6C4.6 13.6 2 11.2 2 8.2S4.4 2.4 7.8 2.4 14 4.6 14 7.8s-2.6 5.8-6 5.8Z M8 10.6c-1.6 0-2.9-1.1-2.9-2.5s1.1-2.6 2.8-2.6 3 1 3 2.4S9.6 10.6 8 10.6Z',
  masked: 'M2 3h12v10H2Z M5.2 8a2.8 2.4 0 1 0 5.6 0 2.8 2.4 0 1 0-5.6 0Z M2 5.6 4.6 3 M2 9.4l2-2 M2 13l3-3 M11.4 5.4 13.8 3 M6.6 13l2-2 M10.4 13 14 9.4',
  smooth: 'M1.6 11.4c2.6 0 3.2-7 6.4-7s3.8 7 6.4 7 M3 13.6h10',
  sign: 'M4.6 3v5 M2.2 5.5H7 M9.4 11.6H14 M12.4 3.4 3.8 13',
  reset: 'M3 5.6h6.4a3.6 3.6 0 0 1 0 7.2H5 M5.6 3 3 5.6l2.6 2.6',
  play: 'M4.6 2.8 12.6 8l-8 5.2Z',
  bulb: 'M6 11.2C4.6 10.2 3.8 9 3.8 7.2a4.2 4.2 0 1 1 8.4 0c0 1.8-.8 3-2.2 4Z M6.2 13.6h3.6',
  eye: 'M1.6 8S4 3.8 8 3.8 14.4 8 14.4 8 12 12.2 8 12.2 1.6 8 1.6 8Z M8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
} as const;

export type IconName = keyof typeof paths;

/** An icon that screen readers pass over; the text beside it says the same. */
export function icon(name: IconName, extraClass = ''): SVGSVGElement {
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', `icon icon-${name} ${extraClass}`.trim());
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(namespace, 'path');
  path.setAttribute('d', paths[name]);
  svg.appendChild(path);
  return svg;
}
