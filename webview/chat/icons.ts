/** The page's icons as 16 × 16 strokes; drawn here, because a font would need `font-src` in the CSP. */
const paths = {
  add: 'M8 3v10M3 8h10',
  history: 'M2.8 8a5.2 5.2 0 1 0 1.6-3.7M4.2 1.9v2.7h2.7M8 5.2V8l2 1.4',
  download: 'M8 2.5v7.3M4.8 6.9 8 10l3.2-3.1M3 13h10',
  copy: 'M5.5 5.5h7.5V13H5.5zM3 10.5V3h7.5',
  insert: 'M2.5 3h11M2.5 13h11M6 8h7.5M3 5.8 5.2 8 3 10.2',
  check: 'm3 8.5 3.3 3.2L13 4.8',
  retry: 'M13.2 8a5.2 5.2 0 1 1-1.6-3.7M11.8 1.9v2.7H9.1',
  edit: 'M3 13l.7-3 7.2-7.2 2.3 2.3L6 12.3z M9.6 4.1l2.3 2.3',
  remove: 'M3 4.5h10M6.3 4.5V3h3.4v1.5M4.2 4.5l.6 8.5h6.4l.6-8.5M6.7 7v3.7M9.3 7v3.7',
  close: 'M4 4l8 8M12 4l-8 8',
  previous: 'M9.8 3.8 5.6 8l4.2 4.2',
  next: 'M6.2 3.8 10.4 8l-4.2 4.2',
  chevron: 'M6 4l4 4-4 4',
  down: 'M8 3v9M4.3 8.4 8 12l3.7-3.6',
  send: 'M8 13V3.5M4.2 7.2 8 3.4l3.8 3.8',
  stop: 'M4.5 4.5h7v7h-7z',
  selection: 'M2.5 3.5h6M2.5 8h11M2.5 12.5h8',
  file: 'M4 2h5l3 3v9H4zM9 2v3h3',
  problems: 'M8 2.3 14.2 13H1.8zM8 6.4v3.2M8 11.2v.4',
} as const;

export type IconName = keyof typeof paths;

export function icon(name: IconName): SVGSVGElement {
  const namespace = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(namespace, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('width', '16');
  svg.setAttribute('height', '16');
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add('icon', `icon-${name}`);
  const path = document.createElementNS(namespace, 'path');
  path.setAttribute('d', paths[name]);
  svg.append(path);
  return svg;
}
